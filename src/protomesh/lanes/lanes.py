"""The threads: one that polls, and workers that handle."""

import contextvars
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from protomesh.clock import Clock, SystemClock
from protomesh.lanes.board import Board
from protomesh.lanes.flow import Limits
from protomesh.lanes.lane import Task
from protomesh.lanes.poller import ConsumerFactory, Pace, Poller
from protomesh.lanes.retries import Retries
from protomesh.lanes.verdict import Again, Delivery, Handler, Verdict

_AFTER_TROUBLE = 0.5
_LEAVING = 2.0
"""Seconds that the last commit and leaving the group may take: a broker that is there needs milliseconds."""


class LanesState(Enum):
    """`starting` until the group has given this member its first partitions or none."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LanesHealth:
    """How the consumption goes. `note` says why it is degraded."""

    state: LanesState
    note: str
    waiting: int
    """Records queued, those parked for a retry not counted."""
    running: int
    retrying: int
    longest: float
    """For how many seconds the longest running handler has been at it."""
    partitions: int


class Lanes:
    """Consumes a group's topics at least once: a key's records one by one and in order, keys side by side.

    `handler` is called in one of `workers` threads with one record of a key at a time; `by_key=False` gives
    up that order. A record's offset is committed only when it and all before it are Finished. While the
    broker is away nothing is lost, and `health` says so.
    """

    def __init__(
        self,
        consumer_factory: ConsumerFactory,
        handler: Handler,
        *,
        name: str,
        workers: int = 8,
        by_key: bool = True,
        clock: Clock | None = None,
        log: logging.Logger | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._log = log or logging.getLogger(f"protomesh.lanes.{name}")
        self._board = Board(by_key=by_key)
        self._poller = Poller(consumer_factory, self._board, self._clock, self._log, limits=limits, pace=pace)
        self._handler = guarded(handler, self._log)
        self._stopping = threading.Event()
        self._drained = threading.Event()
        self._stopped = False
        self._poll_thread = self._thread(self._poll, f"{name}-poll")
        self._workers = [self._thread(self._work, f"{name}-{index}") for index in range(workers)]

    def start(self) -> None:
        """Returns at once; `health` says when the group has been joined."""
        for thread in (self._poll_thread, *self._workers):
            thread.start()

    def stop(self, grace: float) -> None:
        """Let running handlers end, at most `grace` seconds; then commit and leave the group.

        A handler that is still running then goes on in its daemon thread, and its record will come again. So
        will those whose commit a broker that is away does not answer: it is not waited for.
        """
        deadline = self._clock.monotonic() + grace
        self._board.close()
        self._stopping.set()
        if self._poll_thread.ident is None:
            self._stopped = True
            return
        for thread in self._workers:
            thread.join(max(0.0, deadline - self._clock.monotonic()))
        self._drained.set()
        self._poll_thread.join(_LEAVING)
        self._stopped = True

    def health(self) -> LanesHealth:
        """A snapshot; cheap."""
        load = self._board.load()
        state, note = self._state()
        return LanesHealth(
            state=state,
            note=note,
            waiting=sum(load.waiting.values()),
            running=load.running,
            retrying=load.retrying,
            longest=0.0 if load.oldest is None else self._clock.monotonic() - load.oldest,
            partitions=len(load.waiting),
        )

    def _state(self) -> tuple[LanesState, str]:
        if self._stopped:
            return LanesState.STOPPED, ""
        trouble = self._poller.trouble
        if trouble:
            return LanesState.DEGRADED, trouble
        return (LanesState.READY if self._poller.joined else LanesState.STARTING), ""

    def _thread(self, run: Callable[[], None], name: str) -> threading.Thread:
        return threading.Thread(target=run, name=name, daemon=True)

    def _poll(self) -> None:
        while not self._stopping.is_set():
            self._poller.step()
            if self._poller.trouble:
                self._clock.sleep(_AFTER_TROUBLE, self._stopping)
        self._poller.drain()
        while not self._drained.is_set():
            self._poller.step()
            if self._poller.trouble:
                self._clock.sleep(_AFTER_TROUBLE, self._drained)
        self._poller.close()

    def _work(self) -> None:
        while (task := self._board.next(self._clock)) is not None:
            verdict = contextvars.Context().run(self._handler, delivery_of(task))
            self._board.settle(task, verdict, self._clock.monotonic())


def delivery_of(task: Task) -> Delivery:
    """The task as its handler sees it."""
    return Delivery(task.entry.record, task.attempt, task.entry.damaged)


def guarded(handler: Handler, log: logging.Logger) -> Handler:
    """The handler, with an exception of its own turned into Again: an error in it never loses a record."""
    backoff = Retries()

    def call(delivery: Delivery) -> Verdict:
        try:
            return handler(delivery)
        except BaseException:  # a worker must outlive even sys.exit, or its key would hang for ever
            record = delivery.record
            log.exception(
                "the handler of %s/%d offset %d failed", record.topic, record.partition, record.offset
            )
            return Again(backoff.delay(delivery.attempt, random.random()))  # noqa: S311 - spreads load, guards nothing

    return call
