"""Which links of a plan a caller is offered: those whose target the security policy allows them now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from protomesh.policy import CallFacts, MethodPolicy, Principal, SecurityPolicy
from protomesh.rpc.links.target import Target

BY_ADDRESS = frozenset({"path", "http_method"})
"""Fields of `call` by which a decision differs from one link to the next."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who would follow the links; `rest` tells how. `now` in seconds since the epoch."""

    who: Principal
    rest: bool
    peer: str | Callable[[], str]
    now: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A link: `verb` is the HTTP method to use."""

    rel: str
    href: str
    title: str
    verb: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """A target with its decision; None once it is known to be allowed, whatever its request."""

    target: Target
    decide: MethodPolicy | None


class Offers:
    """The targets of a plan under the policy in force. Thread safe."""

    __slots__ = ("_ruled", "_targets")

    def __init__(self, targets: Iterable[Target], policy: SecurityPolicy) -> None:
        self._targets = tuple(targets)
        self.take(policy)

    def take(self, policy: SecurityPolicy) -> None:
        """Offer by another policy from now on."""
        self._ruled = tuple(Ruled(each, policy.compile_method(each.method)) for each in self._targets)

    def offered(self, values: Sequence[str], reader: Reader, resource: Message | None) -> list[Offer]:
        """The links of one resource; `values` are its path variables."""
        return list(_offered(self._ruled, values, reader, resource))

    def for_each(self, reader: Reader) -> Callable[[Sequence[str], Message], list[Offer]]:
        """The links of many resources: what can be decided for all of them is decided once."""
        open_ = tuple(_settled(self._ruled, reader))
        return lambda values, resource: list(_offered(open_, values, reader, resource))


def _offered(
    ruled: Iterable[Ruled], values: Sequence[str], reader: Reader, resource: Message | None
) -> Iterator[Offer]:
    for each in ruled:
        target, decide = each.target, each.decide
        if target.available is not None and (resource is None or not target.available(resource)):
            continue
        given = values[: len(target.variables)]
        href = target.address.fill(given)
        if decide is None or decide(reader.who, _facts(target, href, reader), target.asked(given)).allowed:
            yield Offer(target.rel, href, target.title, target.verb)


def _settled(ruled: Iterable[Ruled], reader: Reader) -> Iterator[Ruled]:
    for each in ruled:
        decide = each.decide
        if decide is None or _reads_address(decide):
            yield each
        elif decide.refusal(reader.who) is not None:
            continue
        elif decide(reader.who, _facts(each.target, "", reader), None).allowed:
            yield Ruled(each.target, None)
        elif decide.needs_request:
            yield each


def _reads_address(decide: MethodPolicy) -> bool:
    reads = (rule.when.reads.get("call", frozenset()) for rule in decide.rules if rule.when is not None)
    return any(not BY_ADDRESS.isdisjoint(fields) for fields in reads)


def _facts(target: Target, href: str, reader: Reader) -> CallFacts:
    """The call that following the link would be."""
    verb, path = (target.verb, href) if reader.rest else ("", "")
    return CallFacts(target.method, verb, path, reader.peer, reader.now)
