"""Handlers that wait until a test lets them go, and calls made beside the test's own thread."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

SECONDS = 60.0


class Gate:
    """`pass_through` is a handler that waits in the gate; `inside` counts who is there."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._changed = threading.Condition()
        self._inside = 0

    @property
    def inside(self) -> int:
        return self._inside

    def open(self) -> None:
        self._open.set()

    def pass_through(self, request: Any, _call: Any) -> Any:
        with self._changed:
            self._inside += 1
            self._changed.notify_all()
        assert self._open.wait(SECONDS), "the gate was never opened"
        return request

    def stream_through(self, request: Any, call: Any) -> Iterator[Any]:
        """One response, then waits."""
        yield request
        yield self.pass_through(request, call)

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._inside >= count, SECONDS), (
                f"only {self._inside} came in"
            )


@contextmanager
def beside(gate: Gate, threads: int = 16) -> Iterator[Callable[..., Future[Any]]]:
    """Start calls in threads of their own; at the end the gate opens and all are waited for."""
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield pool.submit
        finally:
            gate.open()
