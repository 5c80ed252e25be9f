"""Selectors: how policies point into the contract.

shop.users.v1.Users/GetUser      one method
shop.users.v1.Users/*            the methods of a service that have an HTTP binding
GET /api/users/{user_id}         REST: `*` or `{x}` is one segment, `**` at the end is any number of segments
* /api/users/{user_id}/**        with any `:verb`; `*` as HTTP method is any; HEAD counts as GET
**                               every method
event shop.orders.*              events by type: not methods, see `event_pattern`
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from protomesh.contract.contract import Contract
from protomesh.contract.records import HttpBinding, Method
from protomesh.errors import ConfigError

EVERY = "**"
GRPC = re.compile(r"[A-Za-z_][\w.]*/(?:\*|[A-Za-z_]\w*)", re.ASCII)
REST = re.compile(r"(\*|[A-Z]+) (/\S*)", re.ASCII)
SEGMENT = re.compile(r"\{\w+(?:\.\w+)*\}|\*\*?|[\w.~%-]+", re.ASCII)
EVENT = re.compile(r"event ([\w.*-]+)", re.ASCII)
VARIABLE = re.compile(r"\{[^{}=]+\}")
BOUND_VARIABLE = re.compile(r"\{[^{}=]+=([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Shape:
    """A path with its variables' names forgotten: /users/{id}:stop is ("users", "*") with the verb `stop`."""

    segments: tuple[str, ...]
    verb: str

    def matches(self, path: "Shape") -> bool:
        """Whether this selector's shape takes in a template's shape."""
        if not self.segments or self.segments[-1] != EVERY:
            return self.verb == path.verb and _same(self.segments, path.segments)
        head = self.segments[:-1]
        verb_fits = self.verb in {"", path.verb}
        return verb_fits and len(path.segments) >= len(head) and _same(head, path.segments[: len(head)])


def resolve(contract: Contract, selector: str) -> tuple[Method, ...]:
    """The methods that a selector names, in the contract's order, never none.

    Raises ConfigError, with the nearest names, where the selector is malformed or matches nothing.
    """
    found = tuple(_matching(contract, selector))
    if not found:
        raise ConfigError(f"'{selector}' matches no method{_hint(contract, selector)}")
    return found


def event_pattern(selector: str) -> str | None:
    """`shop.orders.*` of `event shop.orders.*`; None where the selector is none for events."""
    match = EVENT.fullmatch(selector)
    return match[1] if match else None


def event_matches(pattern: str, type_name: str) -> bool:
    """Whether an event type fits a pattern, in which `*` stands for any characters, dots too."""
    return _event_regex(pattern).fullmatch(type_name) is not None


def nearest(word: str, names: Iterable[str]) -> str:
    """`, did you mean 'x' or 'y'?`, or nothing where no name is near."""
    near = difflib.get_close_matches(word, list(names), n=2, cutoff=0.6)
    return f", did you mean {' or '.join(repr(name) for name in near)}?" if near else ""


def shape(path: str) -> Shape:
    """The shape of a template or of a selector's path. A wildcard bound to a variable counts as written."""
    bare = VARIABLE.sub("*", BOUND_VARIABLE.sub(r"\1", path))
    head, _, last = bare.rpartition("/")
    last, _, verb = last.partition(":")
    return Shape(tuple(part for part in (*head.split("/")[1:], last) if part), verb)


def _matching(contract: Contract, selector: str) -> Iterator[Method]:
    methods = contract.methods.values()
    if selector == EVERY:
        yield from methods
    elif GRPC.fullmatch(selector):
        yield from (method for method in methods if _named(method, selector))
    elif (match := REST.fullmatch(selector)) is not None:
        verb, path = match.groups()
        wanted = _checked(selector, path)
        yield from (
            method for method in methods if any(_bound(each, verb, wanted) for each in method.bindings)
        )
    else:
        forms = "'pkg.Service/Method', 'pkg.Service/*' or 'GET /path/{variable}'"
        raise ConfigError(f"'{selector}' is no selector", fix=f"write {forms}")


def _named(method: Method, selector: str) -> bool:
    service, _, name = selector.partition("/")
    if service != method.service:
        return False
    return bool(method.bindings) if name == "*" else name == method.name


def _bound(binding: HttpBinding, verb: str, wanted: Shape) -> bool:
    verb_fits = verb in {"*", binding.verb} or (verb == "HEAD" and binding.verb == "GET")
    return verb_fits and wanted.matches(shape(binding.template))


def _checked(selector: str, path: str) -> Shape:
    """The shape of a selector's path. Raises ConfigError for one that could never be meant."""
    trunk, _, verb = path.rpartition(":") if ":" in path.rpartition("/")[2] else (path, "", "")
    segments = trunk.split("/")[1:] if trunk != "/" else []
    for at, segment in enumerate(segments):
        if not SEGMENT.fullmatch(segment):
            raise ConfigError(
                f"'{selector}': '{segment}' is no path segment", fix="write a word, * or {variable}"
            )
        if segment == EVERY and at != len(segments) - 1:
            raise ConfigError(f"'{selector}': ** stands only at the end")
    if verb and not verb.isidentifier():
        raise ConfigError(f"'{selector}': '{verb}' is no verb")
    return shape(path)


def _same(wanted: tuple[str, ...], have: tuple[str, ...]) -> bool:
    return len(wanted) == len(have) and all(
        want == has or (want == "*" and has != EVERY) for want, has in zip(wanted, have, strict=True)
    )


def _hint(contract: Contract, selector: str) -> str:
    service = selector.removesuffix("/*")
    if service != selector and service in contract.services:
        return ": its methods have no HTTP binding, so name each one"
    names = [*contract.methods, *(f"{name}/*" for name in contract.services)]
    if not GRPC.fullmatch(selector):
        names = [f"{b.verb} {b.template}" for method in contract.methods.values() for b in method.bindings]
    return nearest(selector, names)


@lru_cache(maxsize=256)
def _event_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
