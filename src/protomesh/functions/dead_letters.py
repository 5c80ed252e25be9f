"""Events put aside: the record as it was, and why."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protomesh.broker import Message, Partition, Producer, Record
from protomesh.clock import Clock
from protomesh.errors import Unavailable
from protomesh.functions.redact import cut, redacted
from protomesh.functions.spec import FunctionSpec

PREFIX: Final = "x-dlq-"
_REASON_BYTES: Final = 500
_GONE_AFTER: Final = 600.0


@dataclass(frozen=True, slots=True)
class Burial:
    """A dead letter to be: `time` is when it was decided, in seconds since the epoch."""

    record: Record
    attempts: int
    reason: str
    time: float


def dead_letter(spec: FunctionSpec, burial: Burial) -> Message:
    """The original key, value and headers byte for byte; `x-dlq-*` headers of an earlier burial are replaced.

    A record without key and value, which no producer may write, gets an empty value and `x-dlq-null`.
    """
    record = burial.record
    ours = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "attempts": str(burial.attempts),
        "reason": cut(redacted(burial.reason), _REASON_BYTES),
        "group": spec.group,
        "time": datetime.fromtimestamp(burial.time, UTC).isoformat().replace("+00:00", "Z"),
    }
    empty = record.key is None and record.value is None
    if empty:
        ours["null"] = "true"
    kept = tuple(header for header in record.headers if not header[0].startswith(PREFIX))
    added = tuple((f"{PREFIX}{name}", text.encode()) for name, text in ours.items())
    return Message(spec.dead_letter_topic, record.key, b"" if empty else record.value, kept + added)


class DeadLetters:
    """Writes them, and remembers those not yet written. Thread safe.

    `wait` is how long one try waits for the broker's acknowledgement, in seconds; a record that is still on
    its way is not sent a second time.
    """

    def __init__(self, spec: FunctionSpec, producer: Producer, clock: Clock, wait: float) -> None:
        self._spec = spec
        self._producer = producer
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._waiting: dict[tuple[Partition, int], _Letter] = {}
        self.written = 0

    def pending(self, record: Record) -> Burial | None:
        """The burial that was decided for this record and is not acknowledged."""
        with self._lock:
            letter = self._waiting.get(_place(record))
        return letter.burial if letter else None

    def write(self, burial: Burial) -> None:
        """Write it, or wait for an earlier write of it. Raises Unavailable, or why the broker refused it."""
        place = _place(burial.record)
        with self._lock:
            letter = self._waiting.setdefault(place, _Letter(burial))
            letter.tried = self._clock.monotonic()
        letter.send(self._producer, self._spec)
        letter.await_acknowledgement(self._wait)
        with self._lock:
            if self._waiting.pop(place, None):
                self.written += 1

    @property
    def stuck(self) -> int:
        """How many wait to be written. Those not tried for long belong to partitions that others have now."""
        with self._lock:
            oldest = self._clock.monotonic() - _GONE_AFTER
            self._waiting = {at: letter for at, letter in self._waiting.items() if letter.tried >= oldest}
            return len(self._waiting)


class _Letter:
    """One burial on its way. Used by one thread at a time, since its key is in one lane."""

    def __init__(self, burial: Burial) -> None:
        self.burial = burial
        self.tried = 0.0
        self._answered = threading.Event()
        self._sent = False
        self._error: Exception | None = None

    def send(self, producer: Producer, spec: FunctionSpec) -> None:
        if self._sent:
            return
        self._answered.clear()
        self._error = None
        producer.send(dead_letter(spec, self.burial), self._acknowledged)
        self._sent = True

    def await_acknowledgement(self, seconds: float) -> None:
        if not self._answered.wait(seconds):
            raise Unavailable("not acknowledged yet")
        if self._error is not None:
            self._sent = False
            raise self._error

    def _acknowledged(self, error: Exception | None) -> None:
        self._error = error
        self._answered.set()


def _place(record: Record) -> tuple[Partition, int]:
    return Partition(record.topic, record.partition), record.offset
