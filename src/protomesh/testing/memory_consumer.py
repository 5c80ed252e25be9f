"""A consumer of the in-memory broker."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from protomesh.broker import Damaged, OnPartitions, Partition, Record
from protomesh.errors import Aborted, FailedPrecondition, Unavailable
from protomesh.testing.memory_group import MemoryGroup
from protomesh.testing.memory_log import MemoryLog


class Home(Protocol):
    """What a consumer needs of its broker."""

    changed: threading.Condition
    log: MemoryLog
    away: bool
    failing: int

    def rebalance(self, group: MemoryGroup) -> None:
        """Deal the partitions anew."""
        ...


class MemoryConsumer:
    """`protomesh.broker.Consumer`. With no group it is a reader, assigned to all partitions of its topics."""

    def __init__(
        self,
        broker: Home,
        group: MemoryGroup | None,
        topics: Sequence[str],
        on_assign: OnPartitions,
        on_revoke: OnPartitions,
    ) -> None:
        self._broker = broker
        self._group = group
        self._topics = tuple(topics)
        self._on_assign = on_assign
        self._on_revoke = on_revoke
        self._member: int | None = None
        self._generation = -1
        self._held: frozenset[Partition] = frozenset()
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._closed = False

    def poll(self, timeout: float, limit: int = 500) -> Sequence[Record]:
        """Nothing in the call that brought a rebalance."""
        deadline = time.monotonic() + timeout
        with self._broker.changed:
            self._open()
            while True:
                if not self._broker.away and self._stale():
                    break
                found = [] if self._broker.away else self._fetch(limit)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                self._broker.changed.wait(left)
            revoked, assigned = self._sync()
        if revoked:
            self._on_revoke(revoked)
        self._on_assign(assigned)
        return ()

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Refused as a whole while a rebalance is going on."""
        with self._broker.changed:
            group = self._reachable()
            if self._member is None or not group.has(self._member) or self._stale():
                raise Aborted("the group is being rebalanced")
            for at in self._held & set(offsets):
                group.commit(at, offsets[at])
        lost = sorted(set(offsets) - self._held)
        if lost:
            raise Aborted(f"no longer held by this member, so not committed: {lost}")

    def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Raises Unavailable."""
        with self._broker.changed:
            stored = self._reachable().committed
            return {at: stored[at] for at in partitions if at in stored}

    def seek(self, partition: Partition, offset: int) -> None:
        """Raises Aborted when the partition is not held."""
        with self._broker.changed:
            if partition not in self._held:
                raise Aborted(f"not held by this member: {partition}")
            self._positions[partition] = offset

    def start_of(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Raises Unavailable."""
        with self._broker.changed:
            self._reachable_broker()
            return {at: self._broker.log.start(at) for at in partitions}

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Kept until the partition is revoked."""
        with self._broker.changed:
            self._paused |= self._held & set(partitions)

    def resume(self, partitions: Sequence[Partition]) -> None:
        """Undo it."""
        with self._broker.changed:
            self._paused -= set(partitions)

    def assignment(self) -> frozenset[Partition]:
        """As of the last poll."""
        return self._held

    def close(self) -> None:
        """Leave the group."""
        self.vanish()

    def vanish(self) -> None:
        """What a killed process does, once its session is over."""
        with self._broker.changed:
            self._closed = True
            if self._group is not None and self._member is not None:
                self._group.leave(self._member)
                self._broker.rebalance(self._group)

    def _open(self) -> None:
        if self._closed:
            raise FailedPrecondition("this consumer is closed")
        if self._group is not None and self._member is None:
            self._reachable_broker()
            self._member = self._group.join(self._topics)
            self._broker.rebalance(self._group)

    def _reachable_broker(self) -> None:
        if self._broker.away:
            raise Unavailable("the broker is away")
        if self._broker.failing:
            self._broker.failing -= 1
            raise Unavailable("the request got no answer")

    def _reachable(self) -> MemoryGroup:
        self._reachable_broker()
        if self._group is None:
            raise FailedPrecondition("a reader has no group")
        return self._group

    def _stale(self) -> bool:
        return self._group is not None and self._generation != self._group.generation

    def _sync(self) -> tuple[frozenset[Partition], frozenset[Partition]]:
        assert self._group is not None and self._member is not None  # noqa: S101, PT018 - _stale has seen to it
        if not self._group.has(self._member):
            self._member = self._group.join(self._topics)
            self._broker.rebalance(self._group)
        before, self._held = self._held, self._group.held_by(self._member)
        self._generation = self._group.generation
        self._paused.clear()
        stored = self._group.committed
        # What stays keeps its position, committed or not: a client may do so, and whoever minds has to seek.
        kept = {at: position for at, position in self._positions.items() if at in before}
        fresh = {at: stored.get(at, self._broker.log.start(at)) for at in self._held}
        self._positions = {at: kept.get(at, fresh[at]) for at in self._held}
        return before, self._held

    def read_all(self, positions: Mapping[Partition, int]) -> None:
        """Become a reader of these."""
        self._held = frozenset(positions)
        self._positions = dict(positions)

    def _fetch(self, limit: int) -> list[Record]:
        found: list[Record] = []
        for at in sorted(self._held - self._paused):
            for record in self._readable(at, limit - len(found)):
                if (at, record.offset) in self._broker.log.damaged:
                    if found:
                        return found
                    self._positions[at] = record.offset + 1
                    raise Damaged(at, record.offset, "its checksum does not match")
                self._positions[at] = record.offset + 1
                found.append(record)
        return found

    def _readable(self, at: Partition, limit: int) -> list[Record]:
        log = self._broker.log
        if at.index >= log.topics.get(at.topic, 0):
            return []
        if not log.start(at) <= self._positions[at] <= log.end(at):
            self._positions[at] = log.start(at)
        return list(log.read(at, self._positions[at], limit))
