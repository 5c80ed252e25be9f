"""One group's state machine (the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup).

    EMPTY ──join──► PREPARING ──all joined──► COMPLETING ──leader synced──► STABLE
      ▲                ▲  │ nobody left            │                          │
      │                │  ▼                        │   join, leave, expiry    │
      └────────────────┴──────────────────◄────────┴──────────◄───────────────┘

It does no input or output and reads no clock: time comes in as seconds that never go back, answers go out
through the callbacks that came with the requests. Without `tick`, called now and then, no wait ends.
"""

from collections.abc import Callable, Mapping
from enum import Enum

from protomesh.broker.embedded.codes import Code
from protomesh.broker.embedded.groups.member import (
    Connection,
    Joined,
    JoinRequest,
    Member,
    MemberRef,
    OnJoined,
    OnSynced,
    Roll,
    Synced,
)
from protomesh.broker.embedded.groups.roster import Roster


class GroupState(Enum):
    """Named as DescribeGroups prints them."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


class Group:
    """`initial_delay` is how long, in seconds, the first member waits for others."""

    def __init__(
        self, name: str, *, initial_delay: float, new_id: Callable[[], str], generation: int = 0
    ) -> None:
        self.name = name
        self.state = GroupState.EMPTY
        self.generation = generation
        self.protocol = ""
        self.leader = ""
        self._roster = Roster(new_id)
        self._initial_delay = initial_delay
        self._deadline = 0.0
        self._not_before = 0.0

    @property
    def members(self) -> Mapping[str, Member]:
        """By id."""
        return self._roster.members

    @property
    def protocol_type(self) -> str:
        """`consumer` for consumers."""
        return self._roster.protocol_type

    @property
    def idle(self) -> bool:
        """Nothing for `tick` to do."""
        return self._roster.idle

    def join(self, request: JoinRequest, reply: OnJoined, now: float) -> None:
        """`reply` is called at once with a refusal, or when the generation is complete."""
        refusal = self._roster.unfit(request)
        if refusal is not None:
            reply(Joined(refusal, request.who.member))
            return
        former = self._roster.returning(request.who)
        if former is not None:
            self._join_again(former, request, reply, now)
            return
        admitted = self._roster.admit(request, now)
        if isinstance(admitted, Joined):
            reply(admitted)
        else:
            self._enter(admitted, request, reply, now)

    def sync(
        self, who: MemberRef, generation: int, assignments: Mapping[str, bytes], reply: OnSynced, now: float
    ) -> None:
        """The leader brings assignments, the others wait for theirs."""
        member = self._current(who, generation)
        if isinstance(member, Code):
            reply(Synced(member))
            return
        member.seen(now)
        if self.state is GroupState.PREPARING:
            reply(Synced(Code.REBALANCE_IN_PROGRESS))
        elif self.state is GroupState.STABLE:
            reply(Synced(Code.NONE, member.assignment))
        else:
            member.answer_sync(Synced(Code.REBALANCE_IN_PROGRESS))
            member.syncing, member.synced = reply, True
            if member.id == self.leader:
                self._distribute(assignments, now)

    def heartbeat(self, who: MemberRef, generation: int, connection: Connection, now: float) -> Code:
        """A sign of life; the code tells the member to join again when it should."""
        member = self._current(who, generation)
        if isinstance(member, Code):
            return member
        member.connection = connection
        member.seen(now)
        return Code.REBALANCE_IN_PROGRESS if self.state is GroupState.PREPARING else Code.NONE

    def leave(self, who: MemberRef, now: float) -> Code:
        """Of its own will."""
        member = self._roster.find_leaving(who)
        if isinstance(member, Code):
            return member
        self._remove(member, now)
        return Code.NONE

    def may_commit(self, who: MemberRef, generation: int, now: float) -> Code:
        """Whether offsets may be committed; a sender outside the group may while the group is empty."""
        if generation < 0 and not who.member:
            return Code.UNKNOWN_MEMBER_ID if self.members else Code.NONE
        member = self._current(who, generation)
        if isinstance(member, Code):
            return member
        member.seen(now)
        return Code.REBALANCE_IN_PROGRESS if self.state is GroupState.COMPLETING else Code.NONE

    def disconnected(self, connection: Connection, grace: float, now: float) -> None:
        """The connection is gone: its dynamic members have `grace` seconds to show up on another."""
        for member in self.members.values():
            if member.connection == connection and member.instance is None:
                member.joining = member.syncing = None
                member.expires = min(member.expires, now + grace)

    def tick(self, now: float) -> None:
        """Let what is overdue happen: expired members, and rebalances that have waited long enough."""
        self._roster.forget_promises(now)
        for member in tuple(self.members.values()):
            if not member.waiting and member.expires < now:
                self._remove(member, now)
        if self.state is GroupState.COMPLETING and now >= self._deadline:
            for member in [member for member in self.members.values() if not member.synced]:
                self._remove(member, now)
        self._maybe_complete(now)

    def _current(self, who: MemberRef, generation: int) -> Member | Code:
        member = self._roster.find(who)
        if isinstance(member, Member) and generation != self.generation:
            return Code.ILLEGAL_GENERATION
        return member

    def _enter(self, member: Member, request: JoinRequest, reply: OnJoined, now: float) -> None:
        known = not member.new and dict(member.protocols) == dict(request.protocols)
        member.update(request, now)
        self._roster.protocol_type = request.protocol_type
        follows = self.state is GroupState.STABLE and member.id != self.leader
        if known and (self.state is GroupState.COMPLETING or follows):
            reply(self._told(member))
            return
        member.answer_join(Joined(Code.UNKNOWN_MEMBER_ID, member.id))
        member.joining = reply
        self._prepare(now)
        self._maybe_complete(now)

    def _join_again(self, former: Member, request: JoinRequest, reply: OnJoined, now: float) -> None:
        """A static member came back without its id: it keeps its place, if it can without a rebalance."""
        member = self._roster.replace(former, request)
        was_leader = self.leader == former.id
        if was_leader:
            self.leader = member.id
        # As in Kafka, new metadata alone is no reason: it differs after every rebalance.
        if self.state is not GroupState.STABLE or self._roster.elect_protocol() != self.protocol:
            self._enter(member, request, reply, now)
            return
        member.update(request, now)
        # Told that the leader is its former id, it asks for its assignment instead of making new ones.
        leader = former.id if was_leader else self.leader
        reply(Joined(Code.NONE, member.id, self.generation, self.protocol, leader))

    def _prepare(self, now: float) -> None:
        if self.state is GroupState.PREPARING:
            return
        first = self.state is GroupState.EMPTY
        for member in tuple(self.members.values()):
            if member.waiting:
                member.seen(now)
            member.answer_sync(Synced(Code.REBALANCE_IN_PROGRESS))
        self.state = GroupState.PREPARING
        self._not_before = now + self._initial_delay if first else now
        longest = max((member.rebalance_timeout for member in self.members.values()), default=0.0)
        self._deadline = now + max(longest, self._initial_delay)

    def _maybe_complete(self, now: float) -> None:
        if self.state is not GroupState.PREPARING or now < self._not_before:
            return
        missing = [member for member in self.members.values() if member.joining is None]
        if missing and now < self._deadline:
            return
        for member in missing:
            self._roster.forget(member)
        if self.members:
            self._complete(now)
        else:
            self._empty()

    def _complete(self, now: float) -> None:
        self.generation += 1
        self.state = GroupState.COMPLETING
        self.protocol = self._roster.elect_protocol()
        if self.leader not in self.members:
            self.leader = next(iter(self.members))
        self._deadline = now + max(member.rebalance_timeout for member in self.members.values())
        for member in tuple(self.members.values()):
            member.seen(now)
            member.assignment, member.synced = b"", False
            member.answer_join(self._told(member))

    def _told(self, member: Member) -> Joined:
        roll: tuple[Roll, ...] = ()
        if member.id == self.leader:
            roll = tuple(
                Roll(one.id, one.instance, one.protocols[self.protocol]) for one in self.members.values()
            )
        return Joined(Code.NONE, member.id, self.generation, self.protocol, self.leader, roll)

    def _distribute(self, assignments: Mapping[str, bytes], now: float) -> None:
        self.state = GroupState.STABLE
        for member in tuple(self.members.values()):
            member.assignment = assignments.get(member.id, b"")
            member.seen(now)
            member.answer_sync(Synced(Code.NONE, member.assignment))

    def _remove(self, member: Member, now: float) -> None:
        if self.members.get(member.id) is not member:
            return
        self._roster.forget(member)
        if self.members:
            self._prepare(now)
            self._maybe_complete(now)
        else:
            self._empty()

    def _empty(self) -> None:
        self.state = GroupState.EMPTY
        self.generation += 1
        self.protocol = self.leader = ""
