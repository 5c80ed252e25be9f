"""Records that have failed: how often, and when they may be tried again. Pure."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from protomesh.broker import Partition

_ABROAD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Struggle:
    """`attempts` failed so far; the next may start at `due`, on the monotonic clock."""

    attempts: int
    due: float


class Struggles:
    """Outlives a rebalance, so that a partition that returns does not start to count anew."""

    def __init__(self) -> None:
        self._by_record: dict[tuple[Partition, int], Struggle] = {}

    def get(self, partition: Partition, offset: int) -> Struggle | None:
        """What is known of a record; None when it never failed."""
        return self._by_record.get((partition, offset))

    def failed(self, partition: Partition, offset: int, attempts: int, due: float) -> None:
        """`attempts` in all."""
        self._by_record[partition, offset] = Struggle(attempts, due)

    def over(self, partition: Partition, offset: int) -> None:
        """It is finished."""
        self._by_record.pop((partition, offset), None)

    def forget_below(self, partition: Partition, start: int) -> None:
        """Others have finished these."""
        gone = [at for at in self._by_record if at[0] == partition and at[1] < start]
        for at in gone:
            del self._by_record[at]

    def trim(self, held: Container[Partition]) -> None:
        """Of partitions that others hold, remember a bounded number."""
        abroad = [at for at in self._by_record if at[0] not in held]
        for at in abroad[: max(0, len(abroad) - _ABROAD)]:
            del self._by_record[at]

    def __len__(self) -> int:
        return len(self._by_record)
