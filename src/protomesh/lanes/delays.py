"""Things that wait for a moment. Pure."""

import heapq
import itertools
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Delays(Generic[T]):
    """A heap by due time, in seconds on the caller's clock; of equal times the first in is first out."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._count = itertools.count()

    def add(self, due: float, item: T) -> None:
        """Let `item` wait until `due`."""
        heapq.heappush(self._heap, (due, next(self._count), item))

    def due(self, now: float) -> Iterator[T]:
        """Take out everything whose time has come."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]

    @property
    def next(self) -> float | None:
        """When the next one is due; None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)
