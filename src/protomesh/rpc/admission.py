"""How many calls run and how many may wait: both server engines would queue without bound.

The engines hand every call to an executor of ours, before its method is known. Beyond the bound a call goes
to a small reserve of threads, whose only answer is RESOURCE_EXHAUSTED, so that the caller learns it at once.
Streams hold a thread for long: once a call is known to be one, it is counted apart.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from protomesh.errors import ResourceExhausted
from protomesh.rpc.width import FEWEST, Width
from protomesh.rpc.worker import Task, Worker


@dataclass(frozen=True, slots=True)
class Limits:
    """`threads` unary calls run at a time and `waiting` more may queue; `streams` streams run at a time.

    `header_bytes` is for the headers of one request together, each with 32 bytes more (RFC 7541, 4.1).
    """

    threads: int = 32
    waiting: int = 2000
    streams: int = 16
    header_bytes: int = 128 * 1024


class AdmissionPool:
    """The executor of a server: of `concurrent.futures.Executor` the part that the engines use.

    Calls go to the thread that was busy last, and no more threads run than help (see `Width`): with Python's
    own pool, calls of a server that is busy cost a quarter more.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bound = limits.threads + limits.waiting
        self._lock = threading.Lock()
        self._queue: deque[Task] = deque()
        self._idle: list[Worker] = []
        self._open = min(FEWEST, limits.threads)
        self._busy = 0
        self._finished = 0
        self._streams = 0
        self._closed = False
        self._width = Width(self, limits.threads)
        self._overloaded = threading.local()
        self._reserve = ThreadPoolExecutor(2, thread_name_prefix="refuse", initializer=self._mark)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a call, queue it, or hand it to the reserve, which refuses it."""
        task = Task(fn, args, kwargs)
        with self._lock:
            if self._closed:
                raise RuntimeError("the server has stopped")
            if self._busy + len(self._queue) >= self._bound:
                return self._reserve.submit(fn, *args, **kwargs)
            if self._busy >= self._open:
                self._queue.append(task)
                self._width.wake()
                return task
            worker = self._worker()
        worker.give(task)
        return task

    def refuse_if_full(self) -> None:
        """Called first in every call. Raises ResourceExhausted in a thread of the reserve."""
        if getattr(self._overloaded, "value", False):
            raise ResourceExhausted("too many calls are waiting; try again")

    def open_stream(self) -> None:
        """Take a stream's place, and free that of a unary call. Raises ResourceExhausted."""
        with self._lock:
            if self._streams >= self._limits.streams:
                raise ResourceExhausted("too many streams are open; try again")
            self._streams += 1
            self._busy -= 1
        self._fill()

    def close_stream(self) -> None:
        """Give the stream's place back."""
        with self._lock:
            self._streams -= 1
            self._busy += 1

    def following(self, worker: Worker) -> Task | None:
        """Called by a worker that has finished: its next task, None to wait for one."""
        with self._lock:
            self._finished += 1
            if self._queue and self._busy <= self._open:
                return self._queue.popleft()
            self._busy -= 1
            self._idle.append(worker)
            return None

    def set_open(self, threads: int) -> None:
        """Let so many unary calls run at a time."""
        with self._lock:
            self._open = threads
        self._fill()

    @property
    def finished(self) -> int:
        """How many calls have ended."""
        return self._finished

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._queue)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls, and end the threads; those with a call in hand end after it."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                self._queue.clear()
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.give(None)
        self._width.close()
        self._reserve.shutdown(wait, cancel_futures=cancel_futures)

    @property
    def closed(self) -> bool:
        """Whether workers end instead of waiting."""
        return self._closed

    def _fill(self) -> None:
        """Start what waits, as far as there are places."""
        while True:
            with self._lock:
                if not self._queue or self._busy >= self._open:
                    return
                task, worker = self._queue.popleft(), self._worker()
            worker.give(task)

    def _worker(self) -> Worker:
        """A worker for one more task, counted as busy; a new one where none is idle."""
        self._busy += 1
        return self._idle.pop() if self._idle else Worker(self)

    def _mark(self) -> None:
        self._overloaded.value = True
