"""A producer of the in-memory broker."""

import threading
import time
from collections import deque
from typing import Protocol

from protomesh.broker import Acknowledged, Message, Partition
from protomesh.errors import Aborted, FailedPrecondition, Unavailable
from protomesh.testing.memory_log import MemoryLog


class Home(Protocol):
    """What a producer needs of its broker."""

    changed: threading.Condition
    log: MemoryLog
    away: bool

    def write(self, message: Message, at: Partition) -> Exception | None:
        """Into the log; why not, if it is refused. Under the lock."""
        ...

    def keep(self, producer: "MemoryProducer") -> None:
        """Have it deliver when the broker is back. Under the lock."""
        ...


class MemoryProducer:
    """`protomesh.broker.Producer`. `done` is called by the thread that sends, or that ends an absence."""

    def __init__(self, broker: Home) -> None:
        self._broker = broker
        self._queue: deque[tuple[Message, Partition, Acknowledged]] = deque()
        self._broken: Exception | None = None
        self._closed = False

    def send(self, message: Message, done: Acknowledged) -> None:
        """Answered at once, unless the broker is away."""
        with self._broker.changed:
            self._open()
            if self._broken is not None:
                raise Aborted(f"an earlier record failed: {self._broken}")
            self._queue.append((message, self._broker.log.place(message), done))
            if self._broker.away:
                self._broker.keep(self)
        self.deliver()

    def partitions(self, topic: str) -> int:
        """Known even while the broker is away."""
        with self._broker.changed:
            self._open()
            return self._broker.log.partitions(topic)

    def deliver(self) -> None:
        """Write what is queued, unless the broker is away."""
        with self._broker.changed:
            if self._broker.away:
                return
            answers = [(done, self._write(message, at)) for message, at, done in self._queue]
            self._queue.clear()
            self._broker.changed.notify_all()
        for done, error in answers:
            done(error)

    def flush(self, timeout: float) -> None:
        """Wait for the broker to be back, if anything is queued."""
        deadline = time.monotonic() + timeout
        with self._broker.changed:
            while self._queue:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Unavailable(f"records still unacknowledged after {timeout} s")
                self._broker.changed.wait(left)
            self._broken = None

    def close(self) -> None:
        """What is queued is given up."""
        with self._broker.changed:
            self._closed = True
            given_up = list(self._queue)
            self._queue.clear()
        for _, _, done in given_up:
            done(Unavailable("not acknowledged when the producer was closed"))

    def _open(self) -> None:
        if self._closed:
            raise FailedPrecondition("this producer is closed")

    def _write(self, message: Message, at: Partition) -> Exception | None:
        if self._broken is not None:
            return Aborted(f"behind a record that failed: {self._broken}")
        self._broken = self._broker.write(message, at)
        return self._broken
