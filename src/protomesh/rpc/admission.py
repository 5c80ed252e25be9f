"""How many calls may wait: both server engines would queue without bound.

The engines hand every call to an executor of ours. Beyond the bound a call goes to a small reserve of
threads, whose only answer is RESOURCE_EXHAUSTED, so that the caller learns it at once. Streams hold a thread
for long: they are counted apart, and the pool has threads for both, so that streams never take those of unary
calls.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from protomesh.errors import ResourceExhausted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """`threads` unary calls run at a time and `waiting` more may queue; `streams` streams run at a time."""

    threads: int = 32
    waiting: int = 2000
    streams: int = 16


class AdmissionPool(ThreadPoolExecutor):
    """The executor of a server."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.threads + limits.streams, thread_name_prefix="call")
        self._limits = limits
        self._bound = limits.threads + limits.streams + limits.waiting
        self._pending = 0
        self._streams = 0
        self._lock = threading.Lock()
        self._overloaded = threading.local()
        self._reserve = ThreadPoolExecutor(2, thread_name_prefix="refuse", initializer=self._mark)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Queue a call, or hand it to the reserve, which refuses it."""
        with self._lock:
            admitted = self._pending < self._bound
            self._pending += admitted
        if not admitted:
            return self._reserve.submit(fn, *args, **kwargs)
        try:
            return super().submit(self._counted, fn, args, kwargs)
        except BaseException:
            self._release()
            raise

    def refuse_if_full(self) -> None:
        """Called first in every call. Raises ResourceExhausted in a thread of the reserve."""
        if getattr(self._overloaded, "value", False):
            raise ResourceExhausted("too many calls are waiting; try again")

    def open_stream(self) -> None:
        """Take a stream's place. Raises ResourceExhausted when all are taken."""
        with self._lock:
            if self._streams >= self._limits.streams:
                raise ResourceExhausted("too many streams are open; try again")
            self._streams += 1

    def close_stream(self) -> None:
        """Give the stream's place back."""
        with self._lock:
            self._streams -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads of both pools."""
        self._reserve.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _mark(self) -> None:
        self._overloaded.value = True

    def _counted(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        """Cheaper than a callback of the future; what is cancelled at shutdown needs no count."""
        try:
            return fn(*args, **kwargs)
        finally:
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._pending -= 1
