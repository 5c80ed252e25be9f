"""A producer in memory that keeps every promise of the port, and fails when a test says so."""

import threading
from collections import deque
from collections.abc import Callable

from protomesh.broker import Acknowledged, Message
from protomesh.errors import Aborted, MeshError, Unavailable


class StrictProducer:
    """`protomesh.broker.Producer`; answers come from a thread of its own, one by one.

    `refuse` is asked for each record and returns why it is refused, or None. While held, it answers nothing.
    """

    def __init__(self) -> None:
        self.log: list[Message] = []
        self.refuse: Callable[[Message], MeshError | None] = lambda _message: None
        self.flushes = 0
        self._changed = threading.Condition()
        self._queue: deque[tuple[Message, Acknowledged]] = deque()
        self._held = self._closed = self._answering = False
        self._broken: MeshError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, message: Message, done: Acknowledged) -> None:
        with self._changed:
            if self._broken is not None:
                raise Aborted(f"an earlier record failed: {self._broken}")
            self._queue.append((message, done))
            self._changed.notify_all()

    def partitions(self, _topic: str) -> int:
        return 1

    def flush(self, timeout: float) -> None:
        with self._changed:
            idle = self._changed.wait_for(lambda: not self._queue and not self._answering, timeout)
            if not idle:
                raise Unavailable(f"records still unacknowledged after {timeout} s")
            self._broken = None
            self.flushes += 1

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    # What tests do to it.

    def hold(self) -> None:
        """Answer nothing until `release`, as a broker that is away."""
        with self._changed:
            self._held = True

    def release(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Records sent and not answered."""
        with self._changed:
            return len(self._queue)

    def values(self) -> list[str]:
        """What is in the log, in order."""
        with self._changed:
            return [(message.value or b"").decode() for message in self.log]

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            _, done, error = taken
            done(error)
            with self._changed:
                self._answering = False
                self._changed.notify_all()

    def _next(self) -> tuple[Message, Acknowledged, MeshError | None] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._queue and not self._held))
            if self._closed:
                return None
            message, done = self._queue.popleft()
            self._answering = True
            return message, done, self._outcome(message)

    def _outcome(self, message: Message) -> MeshError | None:
        if self._broken is not None:
            return Aborted("behind a record that failed")
        self._broken = self.refuse(message)
        if self._broken is None:
            self.log.append(message)
        return self._broken
