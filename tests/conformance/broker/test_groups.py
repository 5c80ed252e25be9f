"""Groups through the consumer port."""

import subprocess
import sys
import threading
from contextlib import ExitStack, closing

import pytest

from protomesh.broker import Broker, Message, Partition, TopicSpec
from protomesh.errors import Aborted
from tests.conformance.broker.backend import PATIENCE, Backend, until
from tests.conformance.broker.clients import Member, new_group, new_topic, read, send_all, settle


def _member(broker: Broker, cleanup: ExitStack, group: str, topic: str) -> Member:
    member = Member(broker, group, [topic])
    cleanup.callback(member.consumer.close)
    return member


def test_members_share_join_and_leave(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker, partitions=6), new_group()
    producer = cleanup.enter_context(closing(broker.producer()))
    first = _member(broker, cleanup, group, topic)
    settle([first], 6)
    second = _member(broker, cleanup, group, topic)
    settle([first, second], 6)
    third = _member(broker, cleanup, group, topic)
    settle([first, second, third], 6)
    assert [len(member.held) for member in (first, second, third)] == [2, 2, 2]
    send_all(producer, [Message(topic, b"k", str(index).encode(), partition=index) for index in range(6)])
    until(lambda: _poll_all(first, second, third) == 6, "every member reads its part")
    for member in (first, second, third):
        assert {record.partition for record in member.records} == {at.index for at in member.held}
    second.consumer.close()
    settle([first, third], 6)
    third.consumer.close()
    settle([first], 6)
    assert first.threads == {threading.current_thread().name}
    kinds = [kind for kind, _ in first.told]
    assert kinds == ["assign", "revoke"] * (len(kinds) // 2) + ["assign"], first.told


def _poll_all(*members: Member) -> int:
    for member in members:
        member.poll()
    return sum(len(member.records) for member in members)


def test_a_killed_member_is_replaced(broker: Broker, shared_backend: Backend, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker, partitions=4), new_group()
    other = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.broker.member", shared_backend.address, group, topic],
        stdout=subprocess.PIPE,
        text=True,
    )
    cleanup.callback(other.wait)
    cleanup.callback(other.kill)
    assert other.stdout is not None
    cleanup.callback(other.stdout.close)
    assert other.stdout.readline() == "4\n"
    member = _member(broker, cleanup, group, topic)
    until(lambda: _polled(member) == 2, "the newcomer gets half")
    other.kill()
    until(lambda: _polled(member) == 4, "the survivor gets all")


def _polled(member: Member) -> int:
    member.poll()
    return len(member.held)


def test_a_group_goes_on_where_it_committed(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker), new_group()
    at = Partition(topic, 0)
    admin = cleanup.enter_context(closing(broker.admin()))
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(topic, b"k", str(n).encode()) for n in range(10)])
    assert [(lag.committed, lag.end) for lag in admin.lag(group, [topic])] == [(None, 10)]
    first = _member(broker, cleanup, group, topic)
    settle([first], 1)
    assert first.consumer.committed([at]) == {}
    assert first.consumer.start_of([at]) == {at: 0}
    until(lambda: _poll_all(first) == 10, "ten records")
    first.consumer.commit({at: 4})
    assert first.consumer.committed([at]) == {at: 4}
    assert [(lag.partition, lag.committed, lag.end) for lag in admin.lag(group)] == [(at, 4, 10)]
    first.consumer.close()
    second = _member(broker, cleanup, group, topic)
    until(lambda: _poll_all(second) == 6, "the six that were not committed")
    assert [record.offset for record in second.records] == [4, 5, 6, 7, 8, 9]


def test_only_what_is_held_is_committed(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker, partitions=2), new_group()
    send_all(cleanup.enter_context(closing(broker.producer())), [Message(topic, b"k", b"v", partition=0)])
    first, second = _member(broker, cleanup, group, topic), _member(broker, cleanup, group, topic)
    settle([first, second], 2)
    (mine,), (other,) = first.held, second.held
    with pytest.raises(Aborted, match=f"index={other.index}"):
        first.consumer.commit({mine: 1, other: 1})
    assert first.consumer.committed([mine, other]) == {mine: 1}
    with pytest.raises(Aborted):
        first.consumer.seek(other, 0)


def test_seek_pause_and_resume(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker, partitions=2), new_group()
    zero, one = Partition(topic, 0), Partition(topic, 1)
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(topic, b"k", str(n).encode(), partition=n % 2) for n in range(40)])
    member = _member(broker, cleanup, group, topic)
    settle([member], 2)
    member.records.clear()
    member.consumer.seek(zero, 0)
    member.consumer.seek(one, 0)
    member.consumer.pause([zero])
    until(lambda: _poll_all(member) == 20, "the partition that is not paused")
    assert {record.partition for record in member.records} == {1}
    member.consumer.resume([zero])
    until(lambda: _poll_all(member) == 40, "the rest")
    zeros = [record.offset for record in member.records if record.partition == 0]
    assert zeros == list(range(20)), "contiguous after the pause"
    member.consumer.seek(one, 15)
    assert [record.offset for record in read(member.consumer, 5)] == [15, 16, 17, 18, 19]


def test_a_seek_at_assignment_decides_what_comes_first(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = new_topic(broker), new_group()
    send_all(cleanup.enter_context(closing(broker.producer())), [Message(topic, b"k", b"v")] * 10)

    def start_at_seven(partitions: frozenset[Partition]) -> None:
        for at in partitions:
            consumer.seek(at, 7)

    consumer = broker.consumer(group, [topic], start_at_seven, lambda _: None)
    cleanup.callback(consumer.close)
    assert [record.offset for record in read(consumer, 3)] == [7, 8, 9]


def test_a_topic_may_come_after_its_subscriber(broker: Broker, cleanup: ExitStack) -> None:
    topic, group = f"later-{new_group()}", new_group()
    member = _member(broker, cleanup, group, topic)
    member.poll()
    admin = cleanup.enter_context(closing(broker.admin()))
    assert topic not in admin.topics(), "subscribing must not create"
    admin.create([TopicSpec(topic)])
    send_all(cleanup.enter_context(closing(broker.producer())), [Message(topic, b"k", b"v")])
    until(lambda: _poll_all(member) == 1, f"the record of the new topic, within {PATIENCE} s")
