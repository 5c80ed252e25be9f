"""The Lua of the edge filter, put together from its parts."""

from importlib.resources import files

from google.rpc.code_pb2 import Code

from protomesh.gateway.errors import LOCAL_CODE, NOT_ACCEPTABLE, PROBLEM, titles

PARTS = ("url.lua", "rpc.lua", "accept.lua", "browser.lua", "json.lua", "problem.lua", "edge.lua")


def script() -> str:
    """One source for Envoy, which loads one file: the names it shares with this package, then each part."""
    folder = files(__package__).joinpath("lua")
    return "\n".join((_names(), *(folder.joinpath(part).read_text(encoding="utf-8") for part in PARTS)))


def _names() -> str:
    codes = ", ".join(f'["{number}"] = "{name}"' for name, number in Code.items())
    phrases = ", ".join(f'["{status}"] = "{phrase}"' for status, phrase in titles().items())
    constants = f'local PROBLEM = "{PROBLEM}"\nlocal LOCAL_CODE = "{LOCAL_CODE}"\n'
    constants += f'local NOT_ACCEPTABLE = "{NOT_ACCEPTABLE}"\n'
    return f"{constants}local CODES = {{{codes}}}\nlocal TITLES = {{{phrases}}}\n"
