"""One batch of outbox rows sent, and which of them arrived."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from protomesh.broker import Message, Producer
from protomesh.errors import MeshError
from protomesh.store import OutboxRow

LOOK_SECONDS = 0.5


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    acknowledged: list[int] = field(default_factory=list)
    failures: list[tuple[OutboxRow, Exception]] = field(default_factory=list)


def publish(
    rows: Sequence[OutboxRow],
    producer: Producer,
    sending: threading.Lock,
    stopping: threading.Event,
    meanwhile: Callable[[], None],
) -> Outcome:
    """Send the rows in order and wait until each has been answered.

    Nothing is sent after the first failure: a later row of a key must not pass an earlier one. The producer's
    records never expire, so while Kafka is away this waits; it returns early only when `stopping` is set.
    `meanwhile` is called now and then while it waits, and must not raise: rows are under way.
    `sending` is held from the look for failures to the send: whoever flushes the producer holds it too.
    """
    batch = _Batch()
    for row in rows:
        with sending:
            if batch.failed:
                break
            batch.send(row, producer)
    batch.wait(stopping, meanwhile)
    return batch.outcome()


class _Batch:
    """Counts answers, which arrive in a thread of the producer."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting = 0
        self._outcome = Outcome()

    @property
    def failed(self) -> bool:
        return bool(self._outcome.failures)

    def send(self, row: OutboxRow, producer: Producer) -> None:
        with self._changed:
            self._waiting += 1
        message = Message(row.topic, row.key, row.value, row.headers)
        try:
            producer.send(message, lambda error: self._answered(row, error))
        except MeshError as error:
            self._answered(row, error)

    def wait(self, stopping: threading.Event, meanwhile: Callable[[], None]) -> None:
        while not stopping.is_set():
            with self._changed:
                if self._changed.wait_for(lambda: not self._waiting, LOOK_SECONDS):
                    return
            meanwhile()

    def outcome(self) -> Outcome:
        with self._changed:
            return Outcome(list(self._outcome.acknowledged), list(self._outcome.failures))

    def _answered(self, row: OutboxRow, error: Exception | None) -> None:
        with self._changed:
            self._waiting -= 1
            if error is None:
                self._outcome.acknowledged.append(row.id)
            else:
                self._outcome.failures.append((row, error))
            self._changed.notify_all()
