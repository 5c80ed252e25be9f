"""The one owner of the consumer: it fetches, seeks, pauses and commits, and never waits for a handler."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from protomesh.broker import Consumer, Damaged, OnPartitions, Partition, Record
from protomesh.clock import Clock
from protomesh.errors import MeshError, Unavailable
from protomesh.lanes.board import Board
from protomesh.lanes.commit import Committer
from protomesh.lanes.flow import Flow, Limits

ConsumerFactory = Callable[[OnPartitions, OnPartitions], Consumer]
"""Makes a member of the group: `on_assign` and `on_revoke` as in `protomesh.broker.Broker.consumer`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, but for `batch` (records a poll)."""

    poll: float = 0.2
    poll_while_paused: float = 0.01
    batch: int = 500
    commit: float = 0.2
    commit_unchanged: float = 3600.0


class Poller:
    """Driven by `step`, always from the same thread. `trouble` says what stops it, if anything."""

    def __init__(
        self,
        make: ConsumerFactory,
        board: Board,
        clock: Clock,
        log: logging.Logger,
        *,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._make = make
        self._board = board
        self._log = log
        self._pace = pace or Pace()
        self._flow = Flow(limits or Limits())
        self._commits = Committer(
            board, clock, log, every=self._pace.commit, again=self._pace.commit_unchanged
        )
        self._consumer: Consumer | None = None
        self._unplaced: set[Partition] = set()
        self._strange: frozenset[Partition] = frozenset()
        self._paused: frozenset[Partition] = frozenset()
        self._draining = False
        self.joined = False
        self.trouble = ""

    def step(self, wait: float | None = None) -> bool:
        """Poll once, for at most `wait` seconds; whether anything came. A broker cannot make it raise.

        After a failure `trouble` says what it was, and the caller waits a moment.
        """
        try:
            found = self._round(wait)
        except Unavailable as error:
            self._troubled(error)
            return False
        except Exception as error:  # noqa: BLE001 - the loop must outlive whatever a client library raises
            self._log.exception("the consumer failed and is made anew")
            self._troubled(error)
            self._abandon()
            return False
        self.trouble = ""
        return found

    def drain(self) -> None:
        """Fetch nothing more; go on polling, so that the group keeps this member while its tasks end."""
        self._draining = True

    def close(self) -> None:
        """Commit what is finished and leave the group."""
        if self._consumer is None:
            return
        self._commits.now(self._consumer)
        self._abandon()

    def _round(self, wait: float | None) -> bool:
        consumer = self._consumer
        if consumer is None:
            consumer = self._consumer = self._make(self._on_assign, self._on_revoke)
        self._place(consumer)
        self._throttle(consumer)
        if wait is None:
            wait = self._pace.poll_while_paused if self._paused else self._pace.poll
        try:
            records = consumer.poll(wait, self._pace.batch)
        except Damaged as error:
            self._board.offer([_unreadable(error)], error)
            return True
        self._board.offer(records)
        self._adopt_strays(consumer)
        self._commits.when_due(consumer)
        return bool(records)

    def _on_assign(self, partitions: frozenset[Partition]) -> None:
        self.joined = True
        self._unplaced |= partitions
        self._paused -= partitions
        if self._consumer is not None:
            try:
                self._place(self._consumer)
            except MeshError as error:
                # Tried again before the next poll. What is fetched meanwhile has no tracker, and is dropped.
                self._log.warning("start position not known yet: %s", error)

    def _on_revoke(self, partitions: frozenset[Partition]) -> None:
        if self._consumer is not None:
            self._commits.now(self._consumer, partitions)
        self._unplaced -= partitions
        self._paused -= partitions
        self._board.revoke(partitions)

    def _place(self, consumer: Consumer) -> None:
        """Seek to where the group stopped, or else to the oldest record, and track from there."""
        wanted = sorted(self._unplaced)
        if not wanted:
            return
        committed = consumer.committed(wanted)
        fresh = [at for at in wanted if at not in committed]
        starts = {**(consumer.start_of(fresh) if fresh else {}), **committed}
        held = consumer.assignment()
        for at in wanted:
            if at in held:
                consumer.seek(at, starts[at])
                self._board.assign(at, committed.get(at), starts[at])
            self._unplaced.discard(at)
        self._commits.soon()

    def _throttle(self, consumer: Consumer) -> None:
        held = consumer.assignment()
        wanted = held if self._draining else self._flow.paused(self._board.load()) & held
        if self._paused - wanted:
            consumer.resume(sorted(self._paused - wanted))
        if wanted - self._paused:
            consumer.pause(sorted(wanted - self._paused))
        self._paused = wanted

    def _adopt_strays(self, consumer: Consumer) -> None:
        """A partition held but not tracked, or tracked but not held, for two rounds: no callback came for it.

        That should not happen; it would stall the partition for ever, so it is put right and told.
        """
        held = consumer.assignment()
        known = self._board.held() | self._unplaced
        strange = held ^ known
        for at in strange & self._strange:
            self._log.warning("%s/%d: assignment changed unannounced", at.topic, at.index)
            if at in held:
                self._unplaced.add(at)
            else:
                self._on_revoke(frozenset({at}))
        self._strange = strange

    def _abandon(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._board.revoke(self._board.held())
        self._unplaced.clear()
        self._paused = frozenset()
        self.joined = False
        if consumer is not None:
            try:
                consumer.close()
            except Exception as error:  # noqa: BLE001 - it is given up anyway
                self._log.warning("closing the consumer: %s", error)

    def _troubled(self, error: Exception) -> None:
        trouble = str(error) or type(error).__name__
        if trouble != self.trouble:
            self._log.warning("cannot poll: %s", trouble)
        self.trouble = trouble


def _unreadable(error: Damaged) -> Record:
    at = error.partition
    return Record(at.topic, at.index, error.offset, timestamp=0, key=None, value=None, headers=())
