"""A request as one writes it down, `GET /api/users/u2`, as the contract's method and its message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from google.protobuf.message import Message

from protomesh.cli.body import fill_body, fill_field
from protomesh.contract import Contract, HttpBinding, Method, nearest
from protomesh.errors import InvalidArgument, NotFound

_VARIABLE = re.compile(r"\{[a-z0-9_.]+(?:=([^}]*))?\}")
_WILDCARD = re.compile(r"(\*\*?)")
_ANY = {"*": "[^/:]+", "**": "[^:]*"}

Candidate = tuple[Method, HttpBinding, dict[str, str]]


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
    candidates = sorted(_candidates(contract, path, verb), key=lambda each: len(each[2]))
    if not candidates:
        raise NotFound(f"no method answers {verb} {path}{_hint(contract, verb, path)}")
    method, http, variables = candidates[0]
    message = contract.message(method.request)()
    if body and not http.body:
        raise InvalidArgument(f"{http.verb} {http.template} takes no body: put its fields into the query")
    if body:
        fill_body(body, message, http.body.removeprefix("*"))
    for name, value in (*parse_qsl(query, keep_blank_values=True), *variables.items()):
        fill_field(message, name, value)
    return Asked(method, message, verb, path)


def _by_name(contract: Contract, name: str, body: str) -> Asked:
    method = contract.methods.get(name)
    if method is None:
        raise NotFound(f"no method '{name}'{nearest(name, contract.methods)}")
    message = contract.message(method.request)()
    if body:
        fill_body(body, message)
    return Asked(method, message)


def _candidates(contract: Contract, path: str, verb: str = "") -> Iterator[Candidate]:
    """The bindings that a path fits, of any verb where none is given."""
    for method in contract.methods.values():
        for http in method.bindings:
            match = _pattern(http.template).fullmatch(path) if verb in {"", *_verbs(method, http)} else None
            if match:
                values = (unquote(value) for value in match.groups())
                yield method, http, dict(zip(http.variables, values, strict=True))


def _verbs(method: Method, http: HttpBinding) -> tuple[str, ...]:
    """HEAD comes with GET, but not on a stream."""
    return ("GET", "HEAD") if http.verb == "GET" and not method.streams_response else (http.verb,)


def _pattern(template: str) -> re.Pattern[str]:
    """A plain variable is one segment without a colon, which begins a custom verb (google/api/http.proto)."""
    pieces = _VARIABLE.split(template)
    text = [re.escape(pieces[0])]
    for bound, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        parts = _WILDCARD.split(bound or "*")
        text.append("(" + "".join(_ANY.get(part, re.escape(part)) for part in parts) + ")")
        text.append(re.escape(literal))
    return re.compile("".join(text))


def _hint(contract: Contract, verb: str, path: str) -> str:
    """The verbs that the path has, or else the nearest requests that there are."""
    verbs = [each for method, http, _ in _candidates(contract, path) for each in _verbs(method, http)]
    if verbs:
        return f": that path takes {', '.join(dict.fromkeys(verbs))}"
    known = [
        f"{each} {_filled(http.template, path)}"
        for method in contract.methods.values()
        for http in method.bindings
        for each in _verbs(method, http)
    ]
    return nearest(f"{verb} {path}", known)


def _filled(template: str, path: str) -> str:
    """A template with the request's own segments for its variables, where both have as many."""
    wanted, have = template.split("/"), path.split("/")
    if len(wanted) != len(have):
        return template
    pairs = zip(wanted, have, strict=True)
    return "/".join(_VARIABLE.sub(_literal(segment.partition(":")[0]), want) for want, segment in pairs)


def _literal(text: str) -> str:
    """As the replacement of a regular expression, where a backslash would begin an escape."""
    return text.replace("\\", "\\\\")
