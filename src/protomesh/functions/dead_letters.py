"""Events put aside: the record as it was, and why."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protomesh.broker import Message, Partition, Producer, Record
from protomesh.clock import Clock
from protomesh.errors import Aborted, Unavailable
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


@dataclass(frozen=True, slots=True)
class Stuck:
    """How many dead letters could not be written so far, and what the latest try met with."""

    count: int
    why: str


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

    One at a time: a refused record takes all behind it down with it, so a letter that its topic never takes
    must have nobody behind it. For the same reason no two functions share a producer. `wait` is how long one
    try waits for its turn, and then for the broker's acknowledgement, in seconds; a record that is still on
    its way is not sent a second time.
    """

    def __init__(self, spec: FunctionSpec, producer: Producer, clock: Clock, wait: float) -> None:
        self._spec = spec
        self._producer = producer
        self._clock = clock
        self._wait = wait
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: dict[tuple[Partition, int], _Letter] = {}
        self.written = 0

    def pending(self, record: Record) -> Burial | None:
        """The burial that was decided for this record and is not acknowledged."""
        with self._lock:
            letter = self._waiting.get(_place(record))
        return letter.burial if letter else None

    def tries(self, record: Record) -> int:
        """How often its letter was tried and not acknowledged."""
        with self._lock:
            letter = self._waiting.get(_place(record))
        return letter.tries if letter else 0

    def write(self, burial: Burial) -> None:
        """Write it, or wait for an earlier write of it. Raises Unavailable, or why the broker refused it."""
        place = _place(burial.record)
        with self._lock:
            letter = self._waiting.setdefault(place, _Letter(burial))
        try:
            self._write(letter)
        except Exception as error:
            letter.failed(str(error) or type(error).__name__, self._clock.monotonic())
            raise
        with self._lock:
            if self._waiting.pop(place, None):
                self.written += 1

    def stuck(self) -> Stuck:
        """Those that could not be written. What was not tried for long belongs to others' partitions now."""
        with self._lock:
            oldest = self._clock.monotonic() - _GONE_AFTER
            failed = [(at, letter) for at, letter in self._waiting.items() if letter.tries]
            for at, letter in failed:
                if letter.tried < oldest:
                    del self._waiting[at]
            left = sorted(
                (letter for _, letter in failed if letter.tried >= oldest), key=lambda each: each.tried
            )
        return Stuck(len(left), left[-1].trouble if left else "")

    def close(self) -> None:
        """Give up what is on its way."""
        self._producer.close()

    def _write(self, letter: "_Letter") -> None:
        if not self._turn.acquire(timeout=self._wait):
            raise Unavailable("other dead letters wait before it")
        try:
            letter.send(self._producer, self._spec, self._wait)
            letter.await_acknowledgement(self._wait)
        finally:
            self._turn.release()


class _Letter:
    """One burial on its way. Used by one thread at a time, since its key is in one lane."""

    def __init__(self, burial: Burial) -> None:
        self.burial = burial
        self.tries = 0
        self.tried = 0.0
        self.trouble = ""
        self._answered = threading.Event()
        self._sent = False
        self._error: Exception | None = None

    def send(self, producer: Producer, spec: FunctionSpec, wait: float) -> None:
        if self._sent:
            return
        self._answered.clear()
        self._error = None
        message = dead_letter(spec, self.burial)
        try:
            producer.send(message, self._acknowledged)
        except Aborted:
            # A letter failed before this one; until it was flushed, the producer takes nothing more.
            producer.flush(wait)
            producer.send(message, self._acknowledged)
        self._sent = True

    def await_acknowledgement(self, seconds: float) -> None:
        if not self._answered.wait(seconds):
            raise Unavailable("not acknowledged yet")
        if self._error is not None:
            self._sent = False
            raise self._error

    def failed(self, trouble: str, now: float) -> None:
        self.trouble, self.tried = trouble, now
        self.tries += 1

    def _acknowledged(self, error: Exception | None) -> None:
        self._error = error
        self._answered.set()


def _place(record: Record) -> tuple[Partition, int]:
    return Partition(record.topic, record.partition), record.offset
