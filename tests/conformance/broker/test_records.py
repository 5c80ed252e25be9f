"""Writing and reading."""

from collections import defaultdict
from contextlib import ExitStack, closing

import pytest

from protomesh.broker import Broker, Message, Tail, partition_for
from protomesh.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound
from tests.conformance.broker.backend import PATIENCE, until
from tests.conformance.broker.clients import Outcomes, new_topic, read, send_all


def test_a_record_comes_back_as_it_was_sent(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker)
    producer = cleanup.enter_context(closing(broker.producer()))
    sent = [
        Message(topic, b"key", b"value", (("a", b""), ("a", b"1"), ("ü", b"\x00\xff"), ("", b"x"))),
        Message(topic, b"key", None),
        Message(topic, None, b""),
        Message(topic, b"", b"\x00" * 1000),
    ]
    send_all(producer, sent)
    found = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), len(sent))
    assert [(r.topic, r.key, r.value, r.headers) for r in found] == [
        (m.topic, m.key, m.value, m.headers) for m in sent
    ]
    assert [r.offset for r in found] == [0, 1, 2, 3]


def test_a_key_stays_in_its_partition_and_in_order(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, partitions=7)
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(topic, f"k{n % 50}".encode(), str(n).encode()) for n in range(2000)])
    found = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 2000)
    by_key: dict[bytes, list[int]] = defaultdict(list)
    for record in found:
        assert record.key is not None
        assert record.value is not None
        assert record.partition == partition_for(record.key, 7)
        by_key[record.key].append(int(record.value))
    assert len(by_key) == 50
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


def test_a_partition_may_be_named(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, partitions=3)
    producer = cleanup.enter_context(closing(broker.producer()))
    assert producer.partitions(topic) == 3
    send_all(producer, [Message(topic, b"k", b"v", partition=index) for index in range(3)])
    with pytest.raises(InvalidArgument, match="3 partitions"):
        producer.send(Message(topic, b"k", b"v", partition=3), Outcomes().of(0))
    found = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 3)
    assert sorted(record.partition for record in found) == [0, 1, 2]


def test_records_without_key_are_spread(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, partitions=4)
    send_all(
        cleanup.enter_context(closing(broker.producer())), [Message(topic, None, b"v") for _ in range(8)]
    )
    found = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 8)
    assert {record.partition for record in found} == {0, 1, 2, 3}


def test_a_poll_keeps_its_limit(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker)
    send_all(cleanup.enter_context(closing(broker.producer())), [Message(topic, b"k", b"v")] * 120)
    reader = cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True))))
    seen: list[int] = []
    while len(seen) < 120:
        records = reader.poll(PATIENCE, limit=50)
        assert 0 < len(records) <= 50
        seen += [record.offset for record in records]
    assert seen == list(range(120))


def test_a_reader_from_now_sees_only_what_comes(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, partitions=2)
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(topic, str(n).encode(), b"old") for n in range(20)])
    reader = cleanup.enter_context(closing(broker.reader(Tail((topic,)))))
    send_all(producer, [Message(topic, str(n).encode(), b"new") for n in range(20)])
    assert {record.value for record in read(reader, 20)} == {b"new"}
    with pytest.raises(FailedPrecondition):
        reader.commit({})


def test_what_does_not_exist_is_not_found_at_once(broker: Broker, cleanup: ExitStack) -> None:
    producer = cleanup.enter_context(closing(broker.producer()))
    with pytest.raises(NotFound):
        producer.send(Message("no-such-topic", b"k", b"v"), Outcomes().of(0))
    with pytest.raises(NotFound):
        broker.reader(Tail(("no-such-topic",)))
    with pytest.raises(InvalidArgument):
        producer.send(Message(new_topic(broker), None, None), Outcomes().of(0))


def test_no_record_overtakes_one_that_is_too_large(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, partitions=2)
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(topic, b"k", b"first")])
    outcomes = Outcomes()
    producer.send(Message(topic, b"k", b"x" * 2_000_000), outcomes.of(0))
    refused = 0
    for number in range(1, 1000):
        try:
            producer.send(Message(topic, str(number).encode(), b"behind"), outcomes.of(number))
        except Aborted:
            refused += 1
    producer.flush(PATIENCE)
    assert isinstance(outcomes.by_number[0], InvalidArgument), outcomes.by_number[0]
    answered = len(outcomes.by_number) - 1
    assert answered + refused == 999
    behind = {number: error for number, error in outcomes.by_number.items() if number}
    # What was under way to the other partition may have arrived; in its own partition nothing has.
    mine = partition_for(b"k", 2)
    for number, error in behind.items():
        if partition_for(str(number).encode(), 2) == mine:
            assert isinstance(error, Aborted), (number, error)
    send_all(producer, [Message(topic, b"k", b"last")])
    reader = cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True))))
    found: list[bytes | None] = []

    def at_the_last() -> bool:
        found.extend(record.value for record in reader.poll(0.2) if record.partition == mine)
        return b"last" in found

    until(at_the_last, "the record sent after the flush")
    assert found == [b"first", b"last"]


def test_a_topic_may_take_larger_records(broker: Broker, cleanup: ExitStack) -> None:
    topic = new_topic(broker, max_message_bytes="5000000")
    send_all(cleanup.enter_context(closing(broker.producer())), [Message(topic, b"k", b"x" * 3_000_000)])
    (record,) = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 1)
    assert record.value == b"x" * 3_000_000
