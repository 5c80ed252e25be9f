"""How many calls run at a time: few while the processor is busy, many while they wait for something.

Python runs one thread at a time. Where handlers compute, more threads only take turns, which costs; where
they wait for a database or another service, more of them get more done.
"""

import threading
import time
from typing import Protocol

FEWEST = 4
TICK = 0.005
"""Seconds between two looks, while calls wait."""

FREE = 0.7
FULL = 0.9
"""Of one processor, used by this process: below the first threads wait, above the second they compute."""


class Pool(Protocol):
    """What is looked at, and set."""

    @property
    def finished(self) -> int:
        """How many calls have ended."""
        ...

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread."""
        ...

    def set_open(self, threads: int) -> None:
        """Let so many calls run at a time."""
        ...


def adjusted(width: int, most: int, used: float, finished: int) -> int:
    """The next width, of at least `FEWEST` and at most `most` threads.

    `used` is the share of one processor that the process has taken since the last look, `finished` the number
    of calls that ended. Without any that did, threads may hang behind something that is not theirs: others
    must go on.
    """
    if used < FREE or not finished:
        return min(2 * width, most)
    if used > FULL:
        return min(max(width // 2, FEWEST), most)
    return width


class Width:
    """Looks after a pool from a thread of its own, which sleeps while no call waits."""

    def __init__(self, pool: Pool, most: int) -> None:
        self._pool = pool
        self._most = most
        self._width = min(FEWEST, most)
        self._backlog = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """A call waits. Called with the pool's lock held, so by one thread at a time."""
        if self._backlog.is_set():
            return
        self._backlog.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="width", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._backlog.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._backlog.wait()
            self._backlog.clear()
            while self._pool.waiting and not self._closed.is_set():
                self._look()

    def _look(self) -> None:
        began, used, finished = time.monotonic(), time.process_time(), self._pool.finished
        self._closed.wait(TICK)
        share = (time.process_time() - used) / (time.monotonic() - began)
        wanted = adjusted(self._width, self._most, share, self._pool.finished - finished)
        if wanted != self._width:
            self._width = wanted
            self._pool.set_open(wanted)
