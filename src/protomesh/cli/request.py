"""A request as one writes it down, `GET /api/users/u2`, as the contract's method and its message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from google.protobuf import json_format
from google.protobuf.message import Message

from protomesh.contract import Contract, HttpBinding, Method, nearest
from protomesh.errors import InvalidArgument, NotFound

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=[^}]*)?\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """`verb` and `path` are empty for a gRPC name."""

    method: Method
    message: Message
    verb: str = ""
    path: str = ""


def read(contract: Contract, text: str, body: str) -> Asked:
    """`VERB /path?query` or `package.Service/Method`. Raises NotFound and InvalidArgument."""
    verb, _, target = text.strip().partition(" ")
    if not target:
        return _by_name(contract, verb, body)
    path, _, query = target.strip().partition("?")
    verb = verb.upper()
    candidates = sorted(_candidates(contract, "GET" if verb == "HEAD" else verb, path), key=_looseness)
    if not candidates:
        known = [
            f"{http.verb} {http.template}" for each in contract.methods.values() for http in each.bindings
        ]
        raise NotFound(f"no method answers {verb} {path}{nearest(f'{verb} {path}', known)}")
    method, http, variables = candidates[0]
    message = contract.message(method.request)()
    if body:
        _parse(body, message if http.body in {"", "*"} else getattr(message, http.body))
    for name, value in (*parse_qsl(query), *variables.items()):
        _set(message, name, value)
    return Asked(method, message, verb, path)


def _by_name(contract: Contract, name: str, body: str) -> Asked:
    method = contract.methods.get(name)
    if method is None:
        raise NotFound(f"no method '{name}'{nearest(name, contract.methods)}")
    message = contract.message(method.request)()
    if body:
        _parse(body, message)
    return Asked(method, message)


def _candidates(
    contract: Contract, verb: str, path: str
) -> Iterator[tuple[Method, HttpBinding, dict[str, str]]]:
    for method in contract.methods.values():
        for http in method.bindings:
            match = _pattern(http.template).fullmatch(path) if http.verb == verb else None
            if match:
                values = (unquote(value) for value in match.groups())
                yield method, http, dict(zip(http.variables, values, strict=True))


def _pattern(template: str) -> re.Pattern[str]:
    """A plain variable is one segment without a colon, which begins a custom verb (google/api/http.proto)."""
    pieces = _VARIABLE.split(template)
    return re.compile("([^/:]+)".join(re.escape(piece) for piece in pieces[::2]))


def _looseness(candidate: tuple[Method, HttpBinding, dict[str, str]]) -> int:
    return len(candidate[2])


def _parse(text: str, message: Message) -> None:
    try:
        json_format.Parse(text, message)
    except (json_format.ParseError, ValueError) as error:
        raise InvalidArgument(f"--body is no {message.DESCRIPTOR.full_name}: {error}") from None


def _set(message: Message, name: str, value: str) -> None:
    """By way of JSON, whose names and forms the query of a REST request has too."""
    nested: Any = value
    for part in reversed(name.split(".")):
        nested = {part: nested}
    try:
        json_format.ParseDict(nested, addition := type(message)())
    except (json_format.ParseError, ValueError) as error:
        raise InvalidArgument(f"{name}: {error}") from None
    message.MergeFrom(addition)
