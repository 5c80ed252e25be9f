"""Addresses: templates with their variables forgotten and filled in, and pages of a list."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

VARIABLE = re.compile(r"\{[^{}]+\}")
PLAIN = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)
PAGE_TOKENS = frozenset({"pageToken", "page_token"})

Segments = tuple[str, ...]
"""`("api", "users", "*")`: a path in which `*` stands for any variable."""


class Address:
    """A URL template such as `/api/users/{user_id}/orders`, filled in by position."""

    __slots__ = ("_parts",)

    def __init__(self, template: str) -> None:
        self._parts = tuple(VARIABLE.split(template))

    def fill(self, values: Sequence[str]) -> str:
        """The path with a value for each variable, each one percent-encoded segment."""
        if not values:
            return self._parts[0]
        pieces = [self._parts[0]]
        for value, part in zip(values, self._parts[1:], strict=True):
            pieces.append(value if PLAIN.fullmatch(value) else quote(value, safe=""))
            pieces.append(part)
        return "".join(pieces)


def segments(pattern: str) -> Segments:
    """The segments of a template without its verb."""
    return tuple(part for part in VARIABLE.sub("*", pattern).split("/") if part)


def turned(address: str, token: str = "") -> str:
    """The same list from the page that begins at `token`, from its first page without one."""
    path, _, query = address.partition("?")
    asked = [(name, value) for name, value in parse_qsl(query) if name not in PAGE_TOKENS]
    wanted = [*asked, ("pageToken", token)] if token else asked
    return f"{path}?{urlencode(wanted)}" if wanted else path


def with_query(path: str, request: Message, variables: Sequence[str]) -> str:
    """The path with what else the request says, as REST has it in the query: `?pageSize=2&order.by=id`."""
    rest = type(request)()
    rest.CopyFrom(request)
    for name in variables:
        rest.ClearField(name)
    pairs = list(_flat("", MessageToDict(rest)))
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(name, inner)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, str(value)
