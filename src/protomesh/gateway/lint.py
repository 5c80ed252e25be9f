"""What is wrong with the contract's HTTP bindings that Envoy would not say, or say too late."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from google.protobuf.descriptor import FieldDescriptor

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.errors import ConfigError
from protomesh.gateway.changes import change_problems
from protomesh.gateway.template import Template

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = ("GET", "DELETE")
DEEPEST = 2
"""Collections in a path: /api/users/{user_id}/orders/{order_id}."""


def lint(contract: Contract) -> list[ConfigError]:
    """Everything found, each naming the method, or both methods, that it is about."""
    every = [(method, http) for method in contract.methods.values() for http in method.bindings]
    alone = [problem for method, http in every for problem in _problems(contract, method, http)]
    return [*alone, *_duplicates(every), *_ambiguous(every), *change_problems(contract)]


def _problems(contract: Contract, method: Method, http: HttpBinding) -> Iterator[ConfigError]:
    where = _place(method, http)
    if http.verb not in VERBS:
        yield ConfigError(f"verb {http.verb} is not one of {', '.join(VERBS)}", where=where)
    if http.body and http.verb in BODILESS:
        yield ConfigError(f"a {http.verb} has no body", where=where, fix="remove body")
    if http.template.endswith("/"):
        yield ConfigError(
            "the path ends with a slash", where=where, fix="remove it: it is ignored in requests"
        )
    if not _has_place(http):
        yield ConfigError(
            "the path is not in a place for services",
            where=where,
            fix="begin it with /api/; other places are /login, /docs, /fn/… and /.well-known/…",
        )
    if "=" in http.template or "*" in http.template:
        yield ConfigError("path variables must be plain, like {user_id}", where=where)
    if _collections(http) > DEEPEST:
        yield ConfigError(f"the path is more than {DEEPEST} collections deep", where=where)
    for variable in http.variables:
        fault = _variable_fault(contract, method, variable)
        if fault:
            yield ConfigError(f"path variable {{{variable}}} {fault}", where=where)
    if http.body not in {"", "*"}:
        yield from _body(contract, method, http)


def _has_place(http: HttpBinding) -> bool:
    """Whether the path is one that no other part of the mesh, nor the gateway itself, may want."""
    root, *below = Template(http).segments
    return root in {"api", "docs"} or (root in {"fn", ".well-known"} if below else root == "login")


def _body(contract: Contract, method: Method, http: HttpBinding) -> Iterator[ConfigError]:
    field = contract.descriptor(method.request).fields_by_name.get(http.body)
    if field is None:
        yield ConfigError(f"body: {method.request} has no field '{http.body}'", where=_place(method, http))
    elif field.message_type is None or field.is_repeated:
        yield ConfigError(f"body: '{http.body}' is not a single message", where=_place(method, http))


def _variable_fault(contract: Contract, method: Method, variable: str) -> str:
    message = contract.descriptor(method.request)
    *outer, last = variable.split(".")
    for segment in outer:
        field = message.fields_by_name.get(segment)
        if field is None or field.message_type is None or field.is_repeated:
            return f"names no field: {message.full_name} has no message '{segment}'"
        message = field.message_type
    found: FieldDescriptor | None = message.fields_by_name.get(last)
    if found is None:
        return f"names no field: {message.full_name} has no '{last}'"
    return "is not a single scalar" if found.is_repeated or found.message_type is not None else ""


def _collections(http: HttpBinding) -> int:
    """Literal segments below /api; other paths are no resources."""
    root, *below = Template(http).segments
    return sum("{" not in each for each in below) if root == "api" else 0


def _duplicates(every: list[tuple[Method, HttpBinding]]) -> Iterator[ConfigError]:
    """Envoy's transcoder would reach neither of the two."""
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for method, http in every:
        seen[http.verb, Template(http).shape].append(_place(method, http))
    for places in seen.values():
        if len(places) > 1:
            yield ConfigError(f"the same paths as {places[0]}", where=" and ".join(places[1:]))


def _ambiguous(every: list[tuple[Method, HttpBinding]]) -> Iterator[ConfigError]:
    """/a/{x}/b and /a/b/{y}: a path fits both, and neither is the more special one."""
    for (method, http), (other_method, other) in combinations(every, 2):
        same = http.verb == other.verb and http.custom_verb == other.custom_verb
        if same and _cross(Template(http).segments, Template(other).segments):
            where = f"{_place(method, http)} and {_place(other_method, other)}"
            yield ConfigError("a path can fit both, and neither is the more special one", where=where)


def _cross(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    if len(one) != len(two):
        return False
    pairs = [("{" in a, "{" in b) for a, b in zip(one, two, strict=True) if a != b]
    overlap = all(a or b for a, b in pairs)
    return overlap and (True, False) in pairs and (False, True) in pairs


def _place(method: Method, http: HttpBinding) -> str:
    return f"{method.full_name} ({http.verb} {http.template})"
