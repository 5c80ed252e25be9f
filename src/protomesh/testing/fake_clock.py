"""A clock whose hands the test turns."""

import threading
import time
from collections.abc import Callable

_LOOK = 0.005
"""Seconds of real time between two looks at the event that ends a sleep early."""


class FakeClock:
    """`protomesh.clock.Clock` that stands still but for `advance`. Thread safe."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._start = now
        self._passed = 0.0
        self._moved = threading.Condition()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Let time pass; sleepers whose time has come wake up."""
        if seconds < 0:
            raise ValueError(f"time does not run back: {seconds}")
        with self._moved:
            self._passed += seconds
            self._moved.notify_all()

    def sleep(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Wait for another thread to advance the clock far enough, or to set `until`."""
        due = self._passed + seconds
        with self._moved:
            while self._passed < due and not (until and until.is_set()):
                self._moved.wait(_LOOK if until else None)
        return bool(until and until.is_set())


def eventually(holds: Callable[[], object], within: float = 30.0, every: float = 0.01) -> None:
    """Poll `holds` until it is true. Raises AssertionError, naming it, after `within` real seconds."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {within} s: {getattr(holds, '__name__', holds)}")
        time.sleep(every)
