"""How much work is held, in numbers. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from protomesh.broker import Partition, Record


@dataclass(frozen=True, slots=True)
class Load:
    """A snapshot of the board."""

    waiting: Mapping[Partition, int]
    """Records queued and not parked, the running ones included."""
    spans: Mapping[Partition, int]
    """Records between the committable position and the last one offered."""
    size: int
    """Bytes of keys and values held."""
    running: int
    retrying: int
    """Records that have failed at least once and are not finished."""
    oldest: float | None
    """When the longest running task was started, on the monotonic clock."""


class Weights:
    """The sums behind `Load`, kept up to date record by record."""

    def __init__(self) -> None:
        self._waiting: Counter[Partition] = Counter()
        self._sizes: Counter[Partition] = Counter()

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._sizes.total()

    def waiting(self, partition: Partition) -> int:
        """Records not parked."""
        return self._waiting[partition]

    def add(self, partition: Partition, record: Record, *, parked: bool) -> None:
        """A record was queued, in a parked lane or another."""
        self._sizes[partition] += _size(record)
        if not parked:
            self._waiting[partition] += 1

    def remove(self, partition: Partition, record: Record) -> None:
        """A record that was not parked is done with."""
        self._sizes[partition] -= _size(record)
        self._waiting[partition] -= 1

    def park(self, partition: Partition, count: int) -> None:
        """A lane with `count` records begins to wait."""
        self._waiting[partition] -= count

    def unpark(self, partition: Partition, count: int) -> None:
        """Its wait is over."""
        self._waiting[partition] += count

    def clear(self, partition: Partition) -> None:
        """All records of the partition were dropped."""
        self._waiting.pop(partition, None)
        self._sizes.pop(partition, None)


def _size(record: Record) -> int:
    return len(record.key or b"") + len(record.value or b"")
