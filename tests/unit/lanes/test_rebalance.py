"""What a rebalance may and may not do, case by case."""

import pytest

from protomesh.broker import Partition, TopicSpec
from protomesh.lanes import Again, Finished, Limits
from protomesh.lanes.lanes import delivery_of
from protomesh.testing import FakeClock, MemoryBroker
from tests.unit.lanes.workbench import GROUP, TOPIC, Book, Member, new_broker, send, settle_down

AT = Partition(TOPIC, 0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def broker(clock: FakeClock) -> MemoryBroker:
    return new_broker(clock, 1)


@pytest.fixture
def member(broker: MemoryBroker, clock: FakeClock) -> Member:
    return Member(broker, clock, Book(broker))


def polls(member: Member, times: int = 3) -> None:
    for _ in range(times):
        member.lanes.poll()


def rebalance(broker: MemoryBroker) -> None:
    with broker.changed:
        broker.rebalance(broker.group(GROUP))


def test_a_key_that_is_being_handled_does_not_start_again_when_its_partition_returns(
    broker: MemoryBroker, member: Member
) -> None:
    send(broker, "a")
    polls(member)
    assert member.begin()
    rebalance(broker)
    polls(member)
    assert not member.begin(), "the key is still in the hands of a worker"
    member.end(0, Finished())
    assert not member.begin(), "what was finished while the partition was away is not done again"
    assert member.book.starts == {(AT, 0): 1}


def test_what_was_finished_ahead_is_not_repeated_when_the_partition_returns(
    broker: MemoryBroker, member: Member
) -> None:
    for key in "abc":
        send(broker, key)
    polls(member)
    for _ in range(3):
        member.begin()
    member.end(2, Finished())
    member.end(1, Finished())
    rebalance(broker)
    polls(member)
    assert not member.begin()
    member.end(0, Again(0))
    assert member.begin()
    member.end(0, Finished())
    assert member.book.starts == {(AT, 0): 2, (AT, 1): 1, (AT, 2): 1}


def test_failures_and_the_wait_survive_a_rebalance(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    send(broker, "a")
    polls(member)
    member.begin()
    member.end(0, Again(60))
    rebalance(broker)
    polls(member)
    assert not member.begin(), "it has to wait its minute out"
    clock.advance(60)
    task = member.lanes.take()
    assert task is not None
    assert delivery_of(task).attempt == 2


def test_a_new_log_under_the_old_name_inherits_nothing(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    for key in "ab":
        send(broker, key)
    polls(member)
    member.begin()
    member.begin()
    member.end(1, Finished())
    broker.admin().delete([TOPIC])
    polls(member)
    broker.admin().create([TopicSpec(TOPIC, 1)])
    for key in "cd":
        send(broker, key)
    member.book.finished.clear()
    member.book.starts.clear()
    polls(member)
    member.end(0, Finished())
    member.book.finished.clear()
    settle_down([member], clock)
    assert member.book.starts == {(AT, 0): 1, (AT, 1): 1}


def test_a_position_beyond_the_log_starts_at_its_beginning(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    """The topic was made again, and the broker kept the group's offset."""
    broker.group(GROUP).commit(AT, 50)
    send(broker, "a")
    send(broker, "a")
    settle_down([member], clock)
    assert member.book.starts == {(AT, 0): 1, (AT, 1): 1}
    assert broker.group(GROUP).committed == {AT: 2}


def test_the_start_position_is_stored_before_anything_is_finished(
    broker: MemoryBroker, member: Member
) -> None:
    polls(member)
    assert broker.group(GROUP).committed == {AT: 0}


def test_a_partition_whose_start_is_unknown_is_placed_once_the_broker_answers(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    polls(member, 1)
    send(broker, "a")
    rebalance(broker)
    broker.failing = 3
    polls(member, 2)
    assert broker.failing < 3
    assert not member.begin()
    settle_down([member], clock)
    assert not member.book.unfinished()


def test_a_paused_partition_that_returns_is_paused_again(broker: MemoryBroker, clock: FakeClock) -> None:
    member = Member(broker, clock, Book(broker), Limits(waiting=2, window=100))
    for _ in range(20):
        send(broker, "a")
    polls(member, 10)
    assert sum(member.lanes.load().waiting.values()) <= 5
    rebalance(broker)
    polls(member, 10)
    assert sum(member.lanes.load().waiting.values()) <= 5
    settle_down([member], clock)
    assert not member.book.unfinished()


def test_a_blocked_key_lets_the_others_pass_up_to_the_window(broker: MemoryBroker, clock: FakeClock) -> None:
    member = Member(broker, clock, Book(broker), Limits(waiting=100, window=10))
    for key in ["stuck", "stuck", *"abcdefghijklmnopqrstuvwxyz"]:
        send(broker, key)
    polls(member)
    member.begin()
    member.end(0, Again(1_000))
    for _ in range(20):
        member.lanes.poll()
        while member.begin():
            member.end(0, Finished())
    passed = len(member.book.starts) - 1
    assert 8 <= passed <= 12, f"{passed} others passed a window of 10"
    assert broker.group(GROUP).committed == {AT: 0}
    clock.advance(1_000)
    settle_down([member], clock)
    assert not member.book.unfinished()


def test_records_without_a_key_run_side_by_side(broker: MemoryBroker, member: Member) -> None:
    send(broker, None)
    send(broker, None)
    polls(member)
    assert member.begin()
    assert member.begin()


def test_a_record_that_cannot_be_read_reaches_the_handler(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    for key in "aba":
        send(broker, key)
    broker.log.damaged.add((AT, 1))
    polls(member, 6)
    seen = {}
    while (task := member.lanes.take()) is not None:
        delivery = delivery_of(task)
        seen[delivery.record.offset] = delivery.damaged is not None
        member.lanes.settle(task, Finished())
    assert seen == {0: False, 1: True, 2: False}
    clock.advance(1)
    polls(member)
    assert broker.group(GROUP).committed == {AT: 3}


def test_a_consumer_that_fails_is_made_anew(broker: MemoryBroker, member: Member, clock: FakeClock) -> None:
    for key in "aab":
        send(broker, key)
    polls(member)
    member.begin()
    member.kill()
    polls(member, 1)
    assert "closed" in member.lanes.poller.trouble
    member.end(0, Finished())
    settle_down([member], clock)
    assert len(member.consumers) == 2
    assert not member.book.unfinished()
    assert broker.group(GROUP).committed == {AT: 3}


def test_a_failed_commit_is_made_good_and_blocks_nothing(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    polls(member)
    for number in range(4):
        send(broker, "a")
        clock.advance(1)
        broker.failing = number % 2
        polls(member)
        assert member.begin()
        member.end(0, Finished())
    clock.advance(1)
    polls(member)
    assert broker.group(GROUP).committed == {AT: 4}


def test_offsets_are_stored_again_before_the_broker_forgets_them(
    broker: MemoryBroker, member: Member, clock: FakeClock
) -> None:
    polls(member)
    before = len(broker.group(GROUP).history)
    clock.advance(60)
    polls(member)
    assert len(broker.group(GROUP).history) == before, "nothing changed, so nothing is stored"
    clock.advance(3_600)
    polls(member)
    assert broker.group(GROUP).history[before:] == [(AT, 0)]
