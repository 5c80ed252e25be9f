"""Kills. What was acknowledged is there afterwards, once and in order, and clients go on by themselves."""

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from protomesh.broker import Message, Partition, Tail
from protomesh.broker.kafka_python import KafkaPython
from protomesh.errors import Unavailable
from tests.conformance.broker.backend import PATIENCE, TUNING, Backend, until
from tests.conformance.broker.clients import Member, Outcomes, new_group, new_topic, read, send_all, settle


def test_a_kill_loses_nothing_that_was_acknowledged(backend: Backend, cleanup: ExitStack) -> None:
    broker = backend.connect()
    topic, group = new_topic(broker, partitions=3), new_group()
    with closing(broker.producer()) as producer:
        send_all(producer, [Message(topic, str(n).encode(), str(n).encode()) for n in range(2000)])
    with closing(broker.consumer(group, [topic], lambda _: None, lambda _: None)) as consumer:
        read(consumer, 2000)
        consumer.commit({Partition(topic, index): 100 + index for index in range(3)})
    backend.kill()
    backend.start()
    found = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 2000)
    assert {int(record.value or b"-1") for record in found} == set(range(2000))
    admin = cleanup.enter_context(closing(broker.admin()))
    assert {lag.partition.index: lag.committed for lag in admin.lag(group)} == {0: 100, 1: 101, 2: 102}


def test_kills_under_a_live_producer_and_consumer(backend: Backend, cleanup: ExitStack) -> None:
    broker = backend.connect()
    topic, group = new_topic(broker, partitions=2), new_group()
    producer = cleanup.enter_context(closing(broker.producer()))
    member = Member(broker, group, [topic])
    cleanup.callback(member.consumer.close)
    settle([member], 2)
    outcomes = Outcomes()
    sent = 0
    for _ in range(3):
        goal = len(outcomes.acknowledged) + 200
        while len(outcomes.acknowledged) < goal:
            producer.send(Message(topic, str(sent % 10).encode(), str(sent).encode()), outcomes.of(sent))
            sent += 1
            if sent % 50 == 0:
                member.poll(0.01)
        backend.kill()
        for _ in range(20):
            producer.send(Message(topic, str(sent % 10).encode(), str(sent).encode()), outcomes.of(sent))
            sent += 1
        backend.start()
    producer.flush(PATIENCE)
    assert outcomes.acknowledged == set(range(sent)), "a record was not acknowledged in the end"
    until(lambda: _seen(member) == set(range(sent)), "the consumer reads on after each kill")

    log = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), sent)
    repeated = {value: count for value, count in Counter(record.value for record in log).items() if count > 1}
    assert not repeated, f"idempotent retries left duplicates: {repeated}"
    for index in range(2):
        numbers = [int(record.value or b"-1") for record in log if record.partition == index]
        assert numbers == sorted(numbers), "out of order"


def _seen(member: Member) -> set[int]:
    member.poll()
    return {int(record.value or b"-1") for record in member.records}


def test_calls_say_unavailable_while_the_broker_is_away(backend: Backend, cleanup: ExitStack) -> None:
    broker = KafkaPython(backend.address, replace(TUNING, bootstrap_timeout=0.5))
    topic = new_topic(broker)
    backend.kill()
    admin = cleanup.enter_context(closing(broker.admin()))
    producer = cleanup.enter_context(closing(broker.producer()))
    consumer = broker.consumer(new_group(), [topic], lambda _: None, lambda _: None)
    cleanup.callback(consumer.close)
    outcomes = Outcomes()
    with pytest.raises(Unavailable):
        admin.ping()
    with pytest.raises(Unavailable):
        producer.send(Message(topic, b"k", b"v"), outcomes.of(0))
    with pytest.raises(Unavailable):
        consumer.poll(0.1)
    backend.start()
    admin.ping()
    send_all(producer, [Message(topic, b"k", b"v")])
    assert len(read(consumer, 1)) == 1
    assert not outcomes.by_number, "a send that raised must not report as well"
