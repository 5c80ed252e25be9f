"""Who calls, what is called and what was decided: the records that go in and out of a decision."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Principal(Protocol):
    """Whoever calls: an end user, a service, a service for an end user, or a visitor with all fields empty.

    A verified token's `protomesh.tokens.Identity` is one as it stands.
    """

    @property
    def subject(self) -> str:
        """The end user's id, empty for none."""
        ...

    @property
    def roles(self) -> Collection[str]:
        """The end user's roles, by their issuer."""
        ...

    @property
    def scopes(self) -> Collection[str]:
        """What the end user's token is good for."""
        ...

    @property
    def issuer(self) -> str:
        """Who signed the end user's token."""
        ...

    @property
    def claims(self) -> Mapping[str, object]:
        """All claims of the end user's token."""
        ...

    @property
    def service(self) -> str:
        """The calling service or function, empty for none."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal written down by hand: a visitor unless told otherwise."""

    subject: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    issuer: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    service: str = ""


class CallFacts:
    """The call as policies see it; a plain class, because one is made for every call.

    `method` is `shop.users.v1.Users/GetUser`, `time` seconds since the epoch; `http_method` and `path` are
    empty for a gRPC client; `reason` is set once the call is refused, `suppressed` to the number of refusals
    of this method before it that no event has told of. `peer` may be given as a function: asking the engine
    costs more than most decisions, and few policies want to know.

    `http_method` and `path` are what the gateway said only where nobody but the gateway can reach the
    service.
    """

    __slots__ = ("_peer", "http_method", "method", "path", "reason", "suppressed", "time")

    def __init__(  # noqa: PLR0917 - one is made for every call, and names cost time
        self,
        method: str,
        http_method: str = "",
        path: str = "",
        peer: str | Callable[[], str] = "",
        time: float = 0.0,
        reason: str = "",
        suppressed: int = 0,
    ) -> None:
        self.method = method
        self.http_method = http_method
        self.path = path
        self.time = time
        self.reason = reason
        self.suppressed = suppressed
        self._peer = peer

    @property
    def peer(self) -> str:
        """Where the call came from, in the engine's own words: `ipv4:127.0.0.1:40312`."""
        return self._peer if isinstance(self._peer, str) else self._peer()


@dataclass(frozen=True, slots=True)
class EventFacts:
    """The CloudEvents attributes of an event to be received; `time` in seconds since the epoch."""

    id: str
    type: str
    source: str = ""
    subject: str = ""
    time: float = 0.0


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """Why a call failed: a code of google.rpc.Code and the public message."""

    code: int
    message: str


class Outcome(Enum):
    """What to do with the call."""

    ALLOW = "allow"
    UNAUTHENTICATED = "unauthenticated"
    """401: nobody is known, and an identity could help."""
    DENIED = "denied"
    """403: whoever this is may not."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is the index of the rule that allowed, None for a refusal; `reason` holds no call data."""

    outcome: Outcome
    rule: int | None
    reason: str

    @property
    def allowed(self) -> bool:
        """Whether the call may go on."""
        return self.outcome is Outcome.ALLOW


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said to one call."""

    rule: int
    path: str
    """`rules[3]`"""
    allow: tuple[str, ...]
    when: str
    included: bool
    """Whether `allow` names the caller."""
    holds: bool | None
    """What `when` gave: True where there is none, None where it failed or was not asked."""
    error: str
    """Why `when` failed or was not asked, else empty."""
    values: Mapping[str, object] = field(default_factory=dict)
    """Where `when` is not true, what it read: JSON values by path, `request.user_id`; no redacted field."""

    @property
    def allows(self) -> bool:
        """Whether this rule alone lets the call through."""
        return self.included and self.holds is True


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with every rule's part in it."""

    decision: Decision
    verdicts: tuple[Verdict, ...]
