"""What the adapter repairs in its client, each where the client alone would fail."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka import errors as kafka

from protomesh.broker import Message, Partition
from protomesh.broker.embedded import BrokerThread, Options
from protomesh.broker.kafka_python import KafkaPython
from protomesh.broker.kafka_python.errors import translate
from protomesh.broker.kafka_python.rejoin import keep_finished_joins
from protomesh.errors import (
    Aborted,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    MeshError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from tests.conformance.broker.backend import TUNING, until
from tests.conformance.broker.clients import Outcomes, new_group, new_topic, send_all


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with BrokerThread(Options(data=tmp_path)) as found:
        yield found


def test_a_join_that_ended_between_two_polls_counts(address: str) -> None:
    topic, group = new_topic(KafkaPython(address, TUNING)), new_group()
    settings = TUNING.consumer(address, group)
    with (
        closing(KafkaAdminClient(**TUNING.common(address))) as admin,
        closing(keep_finished_joins(KafkaConsumer(topic, **settings))) as consumer,
    ):

        def state() -> str:
            return str(admin.describe_groups([group])[group]["group_state"])

        def asked_to_join() -> bool:
            consumer.poll(timeout_ms=1)
            return state() == "PreparingRebalance"

        until(asked_to_join, "the join is under way")
        until(lambda: state() == "Stable", "the join has ended, with nobody in poll")
        until(lambda: bool(consumer.poll(timeout_ms=50) or consumer.assignment()), "the assignment arrived")
        assert consumer.group_metadata().generation_id == 1, "it joined again"


def test_calls_that_find_no_broker_leave_no_threads(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path)) as address:
        pass  # now nobody listens there
    broker = KafkaPython(address, replace(TUNING, bootstrap_timeout=0.2))
    before = threading.active_count()
    admin, producer = broker.admin(), broker.producer()
    for _ in range(3):
        with pytest.raises(Unavailable):
            admin.ping()
        with pytest.raises(Unavailable):
            producer.partitions("any")
    until(lambda: threading.active_count() == before, "every IO thread has ended")
    admin.close()
    producer.close()


def test_a_closed_client_is_refused(address: str) -> None:
    admin = KafkaPython(address, TUNING).admin()
    admin.close()
    with pytest.raises(FailedPrecondition):
        admin.ping()


def test_what_waits_for_acknowledgement_is_bounded(address: str) -> None:
    broker = KafkaPython(address, replace(TUNING, max_unacknowledged=10, linger_ms=5000))
    topic = new_topic(broker)
    outcomes = Outcomes()
    with closing(broker.producer()) as producer:
        for number in range(10):
            producer.send(Message(topic, b"k", b"v"), outcomes.of(number))
        with pytest.raises(ResourceExhausted):
            producer.send(Message(topic, b"k", b"v"), outcomes.of(10))
        producer.flush(60)
        assert outcomes.acknowledged == set(range(10))
        send_all(producer, [Message(topic, b"k", b"v")])


def test_closing_tells_what_was_not_acknowledged(tmp_path: Path) -> None:
    with BrokerThread(Options(data=tmp_path)) as address:
        broker = KafkaPython(address, replace(TUNING, close_timeout=0.2))
        topic = new_topic(broker)
        producer = broker.producer()
        send_all(producer, [Message(topic, b"k", b"v")])
    outcomes = Outcomes()
    producer.send(Message(topic, b"k", b"v"), outcomes.of(0))
    with pytest.raises(Unavailable):
        producer.flush(0.1)
    producer.close()
    assert isinstance(outcomes.by_number[0], Unavailable), outcomes.by_number


def test_a_consumer_is_closed_before_it_ever_polled(address: str) -> None:
    consumer = KafkaPython(address, TUNING).consumer("g", ["t"], lambda _: None, lambda _: None)
    assert consumer.assignment() == frozenset()
    consumer.close()
    with pytest.raises(FailedPrecondition):
        consumer.committed([Partition("t", 0)])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (kafka.UnknownTopicOrPartitionError(), NotFound),
        (kafka.MessageSizeTooLargeError(), InvalidArgument),
        (kafka.CommitFailedError(), Aborted),
        (kafka.OutOfOrderSequenceNumberError(), Aborted),
        (kafka.TopicAuthorizationFailedError("t"), PermissionDenied),
        (kafka.KafkaTimeoutError(), Unavailable),
        (kafka.NotEnoughReplicasError(), Unavailable),
        (ConnectionRefusedError(), Unavailable),
        (kafka.UnknownError(), Internal),
        (ValueError("?"), Internal),
    ],
)
def test_errors_are_told_in_our_words(theirs: Exception, ours: type[MeshError]) -> None:
    assert type(translate(theirs)) is ours
