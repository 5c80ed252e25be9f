"""The same lanes without threads: tests turn them step by step."""

import logging

from protomesh.clock import Clock
from protomesh.lanes.board import Board
from protomesh.lanes.flow import Limits
from protomesh.lanes.lane import Task
from protomesh.lanes.lanes import delivery_of, guarded
from protomesh.lanes.load import Load
from protomesh.lanes.poller import ConsumerFactory, Pace, Poller
from protomesh.lanes.verdict import Delivery, Handler, Verdict


class SteppedLanes:
    """Everything happens in the caller's thread, when it says so. Times are those of `clock`."""

    def __init__(
        self,
        consumer_factory: ConsumerFactory,
        handler: Handler,
        clock: Clock,
        *,
        by_key: bool = True,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        log = logging.getLogger("protomesh.lanes.stepped")
        self._clock = clock
        self._board = Board(by_key=by_key)
        self.poller = Poller(consumer_factory, self._board, clock, log, limits=limits, pace=pace)
        self._handler = guarded(handler, log)

    def poll(self) -> bool:
        """Fetch what is there; whether anything came."""
        return self.poller.step(0.0)

    def take(self) -> Task | None:
        """A task that a worker would begin now."""
        return self._board.take(self._clock.monotonic())

    def settle(self, task: Task, verdict: Verdict) -> None:
        """End a task that was taken."""
        self._board.settle(task, verdict, self._clock.monotonic())

    def handle(self, delivery: Delivery) -> Verdict:
        """What the handler says."""
        return self._handler(delivery)

    def work(self) -> bool:
        """Take, handle and settle one task; whether there was one."""
        task = self.take()
        if task is None:
            return False
        self.settle(task, self.handle(delivery_of(task)))
        return True

    def next_due(self) -> float | None:
        """When the next parked key may go on, on the monotonic clock."""
        return self._board.next_due()

    def load(self) -> Load:
        """How much is held."""
        return self._board.load()

    def close(self) -> None:
        """Commit and leave the group, as a process that ends in good order."""
        self._board.close()
        self.poller.close()
