"""One batch: what was sent, in which order, and what became of it."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.broker import Acknowledged, Message, Producer
from protomesh.errors import NotFound, Unavailable
from protomesh.relay.publish import Outcome, publish
from protomesh.store import OutboxRow
from tests.support.strict_producer import StrictProducer


@pytest.fixture
def producer() -> Iterator[StrictProducer]:
    with closing(StrictProducer()) as made:
        yield made


def send(batch: list[OutboxRow], producer: Producer, stopping: threading.Event | None = None) -> Outcome:
    return publish(batch, producer, threading.Lock(), stopping or threading.Event(), lambda: None)


def row(number: int) -> OutboxRow:
    return OutboxRow(number, "t", b"k", str(number).encode(), ())


def rows(count: int) -> list[OutboxRow]:
    return [row(number) for number in range(1, count + 1)]


def test_all_are_acknowledged(producer: StrictProducer) -> None:
    outcome = send(rows(5), producer)
    assert sorted(outcome.acknowledged) == [1, 2, 3, 4, 5]
    assert outcome.failures == []
    assert producer.values() == ["1", "2", "3", "4", "5"]


def test_nothing_is_no_batch(producer: StrictProducer) -> None:
    outcome = send([], producer)
    assert (outcome.acknowledged, outcome.failures) == ([], [])


@given(count=st.integers(1, 12), bad=st.sets(st.integers(1, 12), max_size=3))
def test_exactly_what_came_before_the_first_failure_is_acknowledged(count: int, bad: set[int]) -> None:
    with closing(StrictProducer()) as producer:
        producer.refuse = lambda message: Unavailable("no") if int(message.value or 0) in bad else None
        outcome = send(rows(count), producer)
        first = min([each for each in bad if each <= count], default=count + 1)
        assert sorted(outcome.acknowledged) == list(range(1, first))
        assert producer.values() == [str(number) for number in range(1, first)]
        assert bool(outcome.failures) is (first <= count)


class Refusing:
    """Refuses in `send` itself."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, _message: Message, _done: Acknowledged) -> None:
        self.asked += 1
        raise NotFound("no such topic")

    def partitions(self, _topic: str) -> int:
        return 1

    def flush(self, timeout: float) -> None:
        """Nothing is queued."""

    def close(self) -> None:
        """Nothing is open."""


def test_a_refusal_at_once_ends_the_batch() -> None:
    producer = Refusing()
    outcome = send(rows(3), producer)
    assert (producer.asked, outcome.acknowledged) == (1, [])
    assert [(each.id, str(error)) for each, error in outcome.failures] == [(1, "no such topic")]


def test_a_stop_leaves_what_is_not_answered(producer: StrictProducer) -> None:
    producer.hold()
    stopping = threading.Event()
    stopping.set()
    outcome = send(rows(3), producer, stopping)
    assert (outcome.acknowledged, outcome.failures) == ([], [])
    producer.release()
