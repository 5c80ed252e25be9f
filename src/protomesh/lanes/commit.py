"""When offsets are committed, and what is done when that fails: the next time is soon."""

import logging
from collections.abc import Iterable

from protomesh.broker import Consumer, Partition
from protomesh.clock import Clock
from protomesh.errors import Aborted, MeshError
from protomesh.lanes.board import Board


class Committer:
    """Called by the poll thread only. Times in seconds."""

    def __init__(
        self, board: Board, clock: Clock, log: logging.Logger, *, every: float, again: float
    ) -> None:
        self._board = board
        self._clock = clock
        self._log = log
        self._every = every
        self._again = again
        self._next = clock.monotonic()
        self._next_again = self._next + again

    def soon(self) -> None:
        """Do not wait for the interval: a new start position is to be stored."""
        self._next = self._clock.monotonic()

    def when_due(self, consumer: Consumer) -> None:
        """Commit what changed, if the interval is over."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        if now >= self._next_again:
            self._next_again = now + self._again
            self._board.commit_all_again()
        self.now(consumer)
        self._next = self._clock.monotonic() + self._every

    def now(self, consumer: Consumer, only: Iterable[Partition] | None = None) -> bool:
        """Commit what changed, of all partitions or of some; whether everything is stored."""
        offsets = self._board.positions()
        if only is not None:
            wanted = set(only)
            offsets = {at: offset for at, offset in offsets.items() if at in wanted}
        if not offsets:
            return True
        try:
            consumer.commit(offsets)
        except Aborted as error:
            # A rebalance: its callbacks say what is lost, and the rest is committed again.
            self._log.debug("commit refused: %s", error)
            return False
        except MeshError as error:
            self._log.warning("commit failed, will be tried again: %s", error)
            return False
        self._board.committed(offsets)
        return True
