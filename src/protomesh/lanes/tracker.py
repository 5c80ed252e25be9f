"""Which offsets of a partition are finished, and up to where it may be committed. Pure."""

from collections import deque


class Tracker:
    """Offsets are offered in ascending order and finished in any.

    Offsets that the log does not hold (compacted away, transaction markers) are never offered, so they hold
    nothing up. With `former`, a tracker of the same log, what that one saw finished needs no work again.
    """

    def __init__(self, start: int, former: "Tracker | None" = None) -> None:
        self.start = start
        self.log: object = object() if former is None else former.log
        """Stands for the log that the offsets belong to: the same object, the same log."""
        self.committed: int | None = None
        """What the group is known to have stored; None makes the next commit include this partition."""
        self._next = start
        self._offered: deque[int] = deque()
        self._finished: set[int] = set() if former is None else former.finished_from(start)

    def offer(self, offset: int) -> bool:
        """Whether the record at `offset` is to be worked on, and did not come before."""
        if offset < self._next:
            return False
        finished = offset in self._finished
        self._next = offset + 1
        self._offered.append(offset)
        if finished:
            self._sink()
        return not finished

    def finish(self, offset: int) -> None:
        """The work on `offset` is done. One not yet offered is taken as done when it comes."""
        if self.waits_for(offset):
            self._finished.add(offset)
            self._sink()

    def waits_for(self, offset: int) -> bool:
        """Whether `offset` still has to be finished before the position can pass it."""
        return offset >= self.position and offset not in self._finished

    @property
    def position(self) -> int:
        """The lowest offset not finished: all below it are. What may be committed."""
        return self._offered[0] if self._offered else self._next

    def finished_from(self, start: int) -> set[int]:
        """Finished offsets from `start` on that the position has not reached."""
        return {offset for offset in self._finished if offset >= start}

    @property
    def span(self) -> int:
        """How many offered offsets stand at or above the position: the memory that a stuck one costs."""
        return len(self._offered)

    def _sink(self) -> None:
        while self._offered and self._offered[0] in self._finished:
            self._finished.discard(self._offered.popleft())
