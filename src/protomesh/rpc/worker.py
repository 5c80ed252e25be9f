"""One thread of a server, and what it is given to do."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol


class Task:
    """A call to be run; for the engine it is the future of that call."""

    __slots__ = ("_args", "_callbacks", "_done", "_fn", "_kwargs")

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._fn = fn
        self._args = args
        self._kwargs = kwargs
        self._done = False
        self._callbacks: list[Callable[[Any], None]] = []

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call back once the task has run, at once if it has."""
        self._callbacks.append(callback)
        if self._done:
            self._call_back()

    def run(self) -> None:
        """Run, and call back. Never raises: engines answer for what they hand us, the log gets the rest."""
        try:
            self._fn(*self._args, **self._kwargs)
        except BaseException:
            logging.getLogger(__name__).exception("the engine's own code failed")
        del self._fn, self._args, self._kwargs  # they hold the call's request
        self._done = True
        self._call_back()

    def _call_back(self) -> None:
        """Both threads may come here: taking from the list is atomic, so each callback is called once."""
        while self._callbacks:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback(self)


class Source(Protocol):
    """Where a worker's tasks come from."""

    def following(self, worker: "Worker") -> Task | None:
        """The next task; None to wait until one is given."""
        ...

    @property
    def closed(self) -> bool:
        """Whether to end instead of waiting."""
        ...


class Worker:
    """Runs one task after the other; waits for `give` when there is none. Its thread begins then."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._task: Task | None = None
        self._given = threading.Lock()
        self._given.acquire()
        self._thread: threading.Thread | None = None

    def give(self, task: Task | None) -> None:
        """Hand a task to a worker that waits; None ends it."""
        self._task = task
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="call", daemon=True)
            self._thread.start()
        self._given.release()

    def _run(self) -> None:
        while True:
            self._given.acquire()
            task, self._task = self._task, None
            if task is None:
                return
            while task is not None:
                task.run()
                task = self._source.following(self)
            if self._source.closed:
                return
