"""Backpressure: which partitions must not be fetched from just now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from protomesh.broker import Partition
from protomesh.lanes.load import Load


@dataclass(frozen=True, slots=True)
class Limits:
    """A partition is paused at any of the three, and goes on at half of it."""

    waiting: int = 1_000
    """Records of one partition that wait for a worker."""
    window: int = 10_000
    """Records of one partition above its lowest unfinished one: how far others may pass a stuck key."""
    size: int = 64 * 1024 * 1024
    """Bytes of all records held; beyond it every partition is paused."""


class Flow:
    """Remembers what it paused, since pausing and going on have different thresholds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._full = False
        self._waiting: frozenset[Partition] = frozenset()
        self._spread: frozenset[Partition] = frozenset()

    def paused(self, load: Load) -> frozenset[Partition]:
        """The partitions that are to be paused now; all others are to be fetched from."""
        limits = self._limits
        self._full = load.size >= (limits.size // 2 if self._full else limits.size)
        self._waiting = _over(load.waiting, limits.waiting, self._waiting)
        self._spread = _over(load.spans, limits.window, self._spread)
        return frozenset(load.waiting) if self._full else self._waiting | self._spread


def _over(counts: Mapping[Partition, int], limit: int, already: frozenset[Partition]) -> frozenset[Partition]:
    return frozenset(
        at for at, count in counts.items() if count >= limit or (at in already and count > limit // 2)
    )
