"""The words of the group protocol: who asks, and what they are told."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from protomesh.broker.embedded.codes import Code

Connection = Hashable
"""Whatever tells one client connection from another."""


class MemberRef(NamedTuple):
    """How a request names its sender. `instance` is the static member's own name (KIP-345)."""

    member: str
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A JoinGroup request; times in seconds.

    `ask_back` sends a new member away once, with the id it is to use (KIP-394).
    """

    who: MemberRef
    client: str
    host: str
    connection: Connection
    session_timeout: float
    rebalance_timeout: float
    protocol_type: str
    protocols: Mapping[str, bytes]
    ask_back: bool


class Roll(NamedTuple):
    """One line of the list that the leader assigns by."""

    member: str
    instance: str | None
    metadata: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to a JoinGroup; the roll is empty for all but the leader."""

    code: Code
    member: str
    generation: int = -1
    protocol: str = ""
    leader: str = ""
    roll: tuple[Roll, ...] = ()


@dataclass(frozen=True, slots=True)
class Synced:
    """The answer to a SyncGroup."""

    code: Code
    assignment: bytes = b""


OnJoined = Callable[[Joined], None]
OnSynced = Callable[[Synced], None]


@dataclass(slots=True)
class Member:
    """A member as the coordinator knows it. `joining` and `syncing` are set while its request waits."""

    id: str
    instance: str | None
    client: str
    host: str
    connection: Connection
    session_timeout: float
    rebalance_timeout: float
    protocols: Mapping[str, bytes]
    expires: float = 0.0
    new: bool = True
    assignment: bytes = b""
    synced: bool = False
    joining: OnJoined | None = None
    syncing: OnSynced | None = None

    @classmethod
    def asking(cls, name: str, request: JoinRequest) -> Self:
        """A member that is about to enter."""
        return cls(
            id=name,
            instance=request.who.instance,
            client=request.client,
            host=request.host,
            connection=request.connection,
            session_timeout=request.session_timeout,
            rebalance_timeout=request.rebalance_timeout,
            protocols=dict(request.protocols),
        )

    def update(self, request: JoinRequest, now: float) -> None:
        """Take over what the request says."""
        self.protocols = dict(request.protocols)
        self.connection = request.connection
        self.session_timeout = request.session_timeout
        self.rebalance_timeout = request.rebalance_timeout
        self.new = False
        self.seen(now)

    @property
    def waiting(self) -> bool:
        """Whether the coordinator owes it an answer; until then its silence is no fault."""
        return self.joining is not None or self.syncing is not None

    def seen(self, now: float) -> None:
        """A sign of life."""
        self.expires = now + self.session_timeout

    def answer_join(self, answer: Joined) -> None:
        """Tell the waiting JoinGroup, if there is one."""
        waiting, self.joining = self.joining, None
        if waiting is not None:
            waiting(answer)

    def answer_sync(self, answer: Synced) -> None:
        """Tell the waiting SyncGroup, if there is one."""
        waiting, self.syncing = self.syncing, None
        if waiting is not None:
            waiting(answer)
