"""The group state machine: the cases one by one, then any order of events."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protomesh.broker.embedded.codes import Code
from protomesh.broker.embedded.groups import Group, GroupState, Joined, JoinRequest, MemberRef, Synced

DELAY, SESSION, REBALANCE = 0.1, 10.0, 60.0
RANGE = {"range": b"meta"}


@dataclass
class Client:
    """Says what a client says, and remembers what it was told."""

    group: Group
    connection: object = field(default_factory=object)
    instance: str | None = None
    member: str = ""
    generation: int = -1
    joins: list[Joined] = field(default_factory=list)
    syncs: list[Synced] = field(default_factory=list)

    @property
    def who(self) -> MemberRef:
        return MemberRef(self.member, self.instance)

    def join(self, now: float, protocols: dict[str, bytes] | None = None, kind: str = "consumer") -> None:
        request = JoinRequest(
            who=self.who,
            client="c",
            host="h",
            connection=self.connection,
            session_timeout=SESSION,
            rebalance_timeout=REBALANCE,
            protocol_type=kind,
            protocols=RANGE if protocols is None else protocols,
            ask_back=True,
        )
        self.group.join(request, self._joined, now)
        if self.joins and self.joins[-1].code is Code.MEMBER_ID_REQUIRED and not self.member:
            self.member = self.joins.pop().member
            self.join(now, protocols, kind)

    def _joined(self, answer: Joined) -> None:
        self.joins.append(answer)
        if answer.code is Code.NONE:
            self.member, self.generation = answer.member, answer.generation

    def sync(self, now: float) -> None:
        last = self.joins[-1]
        shares = {line.member: line.member.encode() for line in last.roll}
        self.group.sync(self.who, self.generation, shares, self.syncs.append, now)

    def beat(self, now: float) -> Code:
        return self.group.heartbeat(self.who, self.generation, self.connection, now)


def new_group() -> Group:
    numbers = itertools.count()
    return Group("g", initial_delay=DELAY, new_id=lambda: str(next(numbers)))


def stable(count: int, *, instances: bool = False) -> tuple[Group, list[Client]]:
    """A group in which every client has its assignment, at time 1."""
    group = new_group()
    clients = [Client(group, instance=f"i{n}" if instances else None) for n in range(count)]
    for client in clients:
        client.join(0)
    group.tick(1)
    for client in clients:
        client.sync(1)
    assert group.state is GroupState.STABLE
    assert [client.syncs[-1].assignment for client in clients] == [
        client.member.encode() for client in clients
    ]
    return group, clients


def test_the_first_waits_for_others() -> None:
    group = new_group()
    first, second = Client(group), Client(group)
    first.join(0)
    group.tick(DELAY / 2)
    assert not first.joins
    second.join(DELAY / 2)
    group.tick(DELAY)
    assert [client.joins[-1].generation for client in (first, second)] == [1, 1]
    assert first.joins[-1].leader == first.member == second.joins[-1].leader
    assert [line.member for line in first.joins[-1].roll] == [first.member, second.member]
    assert second.joins[-1].roll == ()


def test_followers_wait_for_the_leader() -> None:
    group = new_group()
    leader, follower = Client(group), Client(group)
    leader.join(0)
    follower.join(0)
    group.tick(1)
    follower.sync(1)
    assert not follower.syncs
    leader.sync(1)
    assert follower.syncs == [Synced(Code.NONE, follower.member.encode())]


def test_a_newcomer_makes_the_others_join_again() -> None:
    group, (first, second) = stable(2)
    third = Client(group)
    third.join(2)
    assert not third.joins
    assert first.beat(2) is Code.REBALANCE_IN_PROGRESS
    first.join(3)
    second.join(3)
    assert [client.joins[-1].generation for client in (first, second, third)] == [2, 2, 2]


def test_who_does_not_come_back_is_left_behind() -> None:
    group, (first, second) = stable(2)
    third = Client(group)
    third.join(2)
    first.join(2)
    for now in range(3, 63, 5):
        group.tick(now)
        if first.joins[-1].generation == 2:
            break
    assert [client.joins[-1].generation for client in (first, third)] == [2, 2]
    assert second.beat(63) is Code.UNKNOWN_MEMBER_ID


def test_who_lives_on_but_does_not_join_is_left_behind_too() -> None:
    group, (first, second) = stable(2)
    Client(group).join(2)
    first.join(2)
    for now in range(3, 62, 3):
        assert second.beat(now) is Code.REBALANCE_IN_PROGRESS
        group.tick(now)
        assert len(first.joins) == 1
    group.tick(2 + REBALANCE)
    assert first.joins[-1].generation == 2
    assert second.beat(63) is Code.UNKNOWN_MEMBER_ID


def test_who_goes_while_it_waits_is_not_waited_for() -> None:
    group = new_group()
    leader, follower, joiner = Client(group), Client(group), Client(group)
    leader.join(0)
    follower.join(0)
    group.tick(1)
    follower.sync(1)
    group.disconnected(follower.connection, 0.5, 1)
    group.tick(2)
    assert set(group.members) == {leader.member}
    joiner.join(2)
    group.disconnected(joiner.connection, 0.5, 2)
    group.tick(3)
    assert set(group.members) == {leader.member}


def test_silence_ends_a_membership() -> None:
    group, (first, second) = stable(2)
    first.beat(9)
    group.tick(1 + SESSION + 0.1)
    assert second.beat(12) is Code.UNKNOWN_MEMBER_ID
    assert first.beat(12) is Code.REBALANCE_IN_PROGRESS
    group.tick(9 + 2 * SESSION + 5)
    assert group.state is GroupState.EMPTY
    assert group.idle


def test_a_dead_connection_ends_it_sooner_unless_it_returns() -> None:
    group, (first, second) = stable(2)
    group.disconnected(first.connection, 0.5, 2)
    group.disconnected(second.connection, 0.5, 2)
    second.connection = object()
    second.beat(2.2)
    group.tick(2.6)
    assert set(group.members) == {second.member}


def test_a_leaver_is_gone_at_once() -> None:
    group, (first, second) = stable(2)
    assert group.leave(second.who, 2) is Code.NONE
    assert group.leave(second.who, 2) is Code.UNKNOWN_MEMBER_ID
    assert first.beat(2) is Code.REBALANCE_IN_PROGRESS
    first.join(2)
    assert [line.member for line in first.joins[-1].roll] == [first.member]


def test_a_static_member_returns_to_its_place() -> None:
    group, (first, second) = stable(2, instances=True)
    old = first.member
    again = Client(group, instance="i0")
    again.join(2, {"range": b"owns nothing now"})
    assert again.joins[-1].code is Code.NONE
    assert again.joins[-1].generation == 1
    assert again.member != old
    assert again.joins[-1].roll == (), "the leader that came back must not assign anew"
    again.sync(2)
    assert again.syncs[-1].assignment == old.encode()
    assert second.beat(2) is Code.NONE
    assert first.beat(2) is Code.FENCED_INSTANCE_ID
    assert group.leave(MemberRef("", "i1"), 3) is Code.NONE


def test_static_members_outlive_their_connection() -> None:
    group, (first,) = stable(1, instances=True)
    group.disconnected(first.connection, 0.5, 2)
    group.tick(3)
    assert group.state is GroupState.STABLE


def test_only_members_commit_while_there_are_any() -> None:
    group, (first, second) = stable(2)
    assert group.may_commit(first.who, first.generation, 2) is Code.NONE
    assert group.may_commit(first.who, 0, 2) is Code.ILLEGAL_GENERATION
    assert group.may_commit(MemberRef(""), -1, 2) is Code.UNKNOWN_MEMBER_ID
    assert group.may_commit(MemberRef("stranger"), 1, 2) is Code.UNKNOWN_MEMBER_ID
    group.leave(first.who, 2)
    group.leave(second.who, 2)
    assert group.may_commit(MemberRef(""), -1, 2) is Code.NONE


@pytest.mark.parametrize(
    ("protocols", "kind"), [({}, "consumer"), ({"other": b""}, "consumer"), (RANGE, "connect")]
)
def test_who_does_not_fit_is_refused(protocols: dict[str, bytes], kind: str) -> None:
    group, _ = stable(1)
    stranger = Client(group)
    stranger.join(2, protocols, kind)
    assert stranger.joins[-1].code is Code.INCONSISTENT_GROUP_PROTOCOL
    assert group.state is GroupState.STABLE


def test_the_protocol_all_know_is_chosen() -> None:
    group = new_group()
    first, second = Client(group), Client(group)
    first.join(0, {"sticky": b"", "range": b""})
    second.join(0, {"range": b"", "other": b""})
    group.tick(1)
    assert first.joins[-1].protocol == "range"


def test_a_leader_that_never_assigns_is_replaced() -> None:
    group = new_group()
    leader, follower = Client(group), Client(group)
    leader.join(0)
    follower.join(0)
    group.tick(1)
    follower.sync(1)
    now = 1.0
    while group.leader == leader.member:
        now += 5
        assert now < 100, "the leader is still the leader"
        group.tick(now)
        leader.beat(now)  # alive, but it does not assign
        if follower.syncs:
            follower.join(now)
            follower.syncs.clear()
    assert follower.joins[-1].leader == follower.member


class AnyOrder(RuleBasedStateMachine):
    """Whatever clients do, in whatever order: no request is answered twice, and none waits for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.group = new_group()
        self.now = 0.0
        self.highest = 0
        self.clients = [Client(self.group, instance="static" if n == 0 else None) for n in range(4)]
        self.asked_joins = [0] * 4
        self.asked_syncs = [0] * 4

    index = st.integers(0, 3)

    @rule(index=index)
    def join(self, index: int) -> None:
        client = self.clients[index]
        if len(client.joins) < self.asked_joins[index]:
            return  # a client has one join under way at a time
        self.asked_joins[index] += 1
        client.join(self.now)
        if client.joins and client.joins[-1].code in {Code.UNKNOWN_MEMBER_ID, Code.FENCED_INSTANCE_ID}:
            client.member = ""

    @rule(index=index)
    def sync(self, index: int) -> None:
        client = self.clients[index]
        if (
            client.joins
            and client.joins[-1].code is Code.NONE
            and len(client.syncs) == self.asked_syncs[index]
        ):
            self.asked_syncs[index] += 1
            client.sync(self.now)

    @rule(index=index)
    def beat(self, index: int) -> None:
        self.clients[index].beat(self.now)

    @rule(index=index)
    def leave(self, index: int) -> None:
        client = self.clients[index]
        if client.member:
            self.group.leave(client.who, self.now)
            client.member = ""

    @rule(index=index)
    def crash(self, index: int) -> None:
        self.group.disconnected(self.clients[index].connection, 0.5, self.now)
        fresh = Client(self.group, instance=self.clients[index].instance)
        self.clients[index] = fresh
        self.asked_joins[index] = self.asked_syncs[index] = 0

    @rule(seconds=st.sampled_from([0.05, 0.2, 1.0, 5.0, 11.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.group.tick(self.now)

    @invariant()
    def generations_only_grow(self) -> None:
        assert self.group.generation >= self.highest
        self.highest = self.group.generation

    @invariant()
    def states_are_sound(self) -> None:
        group = self.group
        if group.state is GroupState.EMPTY:
            assert not group.members
        else:
            assert group.members
        if group.state in {GroupState.STABLE, GroupState.COMPLETING}:
            assert group.leader in group.members
            assert group.protocol == "range"
            assert all(member.joining is None for member in group.members.values())
        if group.state is not GroupState.COMPLETING:
            assert all(member.syncing is None for member in group.members.values())

    @invariant()
    def one_answer_to_one_request(self) -> None:
        for client, joins, syncs in zip(self.clients, self.asked_joins, self.asked_syncs, strict=True):
            assert len(client.joins) <= joins
            assert len(client.syncs) <= syncs

    @invariant()
    def one_leader_to_a_generation(self) -> None:
        rolls = [
            c.joins[-1] for c in self.clients if c.joins and c.joins[-1].generation == self.group.generation
        ]
        leaders = {answer.leader for answer in rolls if answer.roll}
        assert len(leaders) <= 1

    @precondition(lambda self: any(self.asked_joins))
    @rule()
    def nothing_waits_for_ever(self) -> None:
        for _ in range(40):
            self.now += SESSION / 2
            self.group.tick(self.now)
        assert self.group.state is GroupState.EMPTY
        assert self.group.idle
        for client, joins, syncs in zip(self.clients, self.asked_joins, self.asked_syncs, strict=True):
            assert len(client.joins) == joins, "a join without an answer"
            assert len(client.syncs) == syncs, "a sync without an answer"


AnyOrder.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
