"""A producer after a refused record: shut until it was flushed, then open again, whoever shares it."""

import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

import pytest

from protomesh.broker import Broker, Message, Producer, Tail
from protomesh.errors import Aborted, InvalidArgument, MeshError
from tests.conformance.broker.backend import PATIENCE, until
from tests.conformance.broker.clients import Outcomes, new_topic, read, send_all

LIMIT = 2000
TOO_LARGE = b"x" * (LIMIT + 1)


def _refused(producer: Producer, topic: str) -> None:
    outcomes = Outcomes()
    producer.send(Message(topic, b"k", TOO_LARGE), outcomes.of(0))
    until(lambda: bool(outcomes.by_number), "the large record is answered")
    assert isinstance(outcomes.by_number[0], InvalidArgument), outcomes.by_number[0]


def test_after_a_refusal_nothing_is_taken_until_the_flush(broker: Broker, cleanup: ExitStack) -> None:
    small, used, fresh = new_topic(broker, max_message_bytes=str(LIMIT)), new_topic(broker), new_topic(broker)
    producer = cleanup.enter_context(closing(broker.producer()))
    send_all(producer, [Message(used, b"k", b"before")])
    for number in range(3):
        _refused(producer, small)
        for topic in (small, used, fresh):
            with pytest.raises(Aborted):
                producer.send(Message(topic, b"k", b"behind"), Outcomes().of(0))
        producer.flush(PATIENCE)
        send_all(producer, [Message(topic, b"k", str(number).encode()) for topic in (small, used, fresh)])
    for topic, expected in ((small, 3), (used, 4), (fresh, 3)):
        read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), expected)


def test_a_stopped_producer_answers_in_our_own_words(broker: Broker, cleanup: ExitStack) -> None:
    """Whatever is asked for the first time after a failure: an answer, or an error of ours."""
    small = new_topic(broker, max_message_bytes=str(LIMIT))
    producer = cleanup.enter_context(closing(broker.producer()))
    for _ in range(5):
        _refused(producer, small)
        fresh = new_topic(broker, partitions=3)
        with suppress(Aborted):
            assert producer.partitions(fresh) == 3
        producer.flush(PATIENCE)
        assert producer.partitions(fresh) == 3


@dataclass
class _Sender:
    """Sends its records one by one, each until it is written; `large` ones it gives up at their refusal."""

    producer: Producer
    topic: str
    name: bytes
    large: bool
    written: list[bytes] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        try:
            for number in range(15):
                self._write(b"%s %d" % (self.name, number))
        except BaseException as error:
            self.trouble.append(error)
            raise

    def _write(self, value: bytes) -> None:
        while True:
            error = self._try(TOO_LARGE if self.large else value)
            if error is None:
                self.written.append(value)
            elif isinstance(error, Aborted):
                self.producer.flush(PATIENCE)
                continue
            else:
                assert isinstance(error, InvalidArgument) is self.large, error
            return

    def _try(self, value: bytes) -> Exception | None:
        answered = threading.Event()
        found: list[Exception | None] = []

        def done(error: Exception | None) -> None:
            found.append(error)
            answered.set()

        try:
            self.producer.send(Message(self.topic, self.name, value), done)
        except MeshError as error:
            return error
        assert answered.wait(PATIENCE), f"{self.name!r}: no answer"
        return found[0]


def test_threads_that_share_a_producer_get_over_one_anothers_failures(
    broker: Broker, cleanup: ExitStack
) -> None:
    small, other = new_topic(broker, max_message_bytes=str(LIMIT)), new_topic(broker)
    producer = cleanup.enter_context(closing(broker.producer()))
    senders = [
        _Sender(producer, topic, name, large)
        for topic, name, large in (
            (small, b"a", True),
            (small, b"b", False),
            (other, b"c", False),
            (other, b"d", False),
        )
    ]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "a sender hangs"
    assert not [trouble for sender in senders for trouble in sender.trouble]
    for topic in (small, other):
        mine = [sender for sender in senders if sender.topic == topic]
        values = _values(broker, topic, {value for sender in mine for value in sender.written})
        for sender in mine:
            assert [value for value in values if value in sender.written] == sender.written, "out of order"


def _values(broker: Broker, topic: str, expected: set[bytes]) -> list[bytes]:
    """What the topic holds, each value at its first place: one that was given up may have arrived, too."""
    found: list[bytes] = []
    with closing(broker.reader(Tail((topic,), beginning=True))) as reader:

        def complete() -> bool:
            found.extend(record.value or b"" for record in reader.poll(0.1))
            return expected <= set(found)

        until(complete, f"all records of {topic} that were acknowledged")
    assert set(found) == expected
    return list(dict.fromkeys(found))
