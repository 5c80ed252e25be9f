"""The work at hand: lanes that are ready, busy or parked, and the trackers of the partitions held.

The poll thread offers records and takes partitions away, workers take tasks and settle them. One lock guards
all; nothing is done under it but bookkeeping. Times are seconds on the monotonic clock.
"""

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from protomesh.broker import Damaged, Partition, Record
from protomesh.clock import Clock
from protomesh.lanes.delays import Delays
from protomesh.lanes.lane import Entry, Lane, LaneKey, State, Task
from protomesh.lanes.load import Load, Weights
from protomesh.lanes.struggles import Struggles
from protomesh.lanes.tracker import Tracker
from protomesh.lanes.verdict import Again, Verdict


class Board:
    """See the module. `by_key=False` gives each record a lane of its own."""

    def __init__(self, *, by_key: bool = True) -> None:
        self._by_key = by_key
        self._changed = threading.Condition()
        self._trackers: dict[Partition, Tracker] = {}
        self._left: dict[Partition, Tracker] = {}
        self._lanes: dict[LaneKey, Lane] = {}
        self._ready: deque[Lane] = deque()
        self._delays: Delays[Lane] = Delays()
        self._struggles = Struggles()
        self._running: dict[Lane, Task] = {}
        self._weights = Weights()
        self._closed = False

    # What the poll thread does.

    def assign(self, partition: Partition, committed: int | None, start: int) -> None:
        """Work on `partition` from `start`, which is `committed` where the group had committed.

        What this process finished ahead of that position before the partition left is not done again, unless
        the group has no position any more: the topic may then be another one of the same name.
        """
        with self._changed:
            self._drop(partition)
            former = self._trackers.pop(partition, None) or self._left.pop(partition, None)
            if former is not None and (committed is None or committed < former.start):
                former = None
            tracker = Tracker(start, former)
            tracker.committed = committed
            self._trackers[partition] = tracker
            self._struggles.forget_below(partition, start)
            self._struggles.trim(self._trackers)

    def revoke(self, partitions: Iterable[Partition]) -> None:
        """Drop what waits. Tasks that run go on; what they finish counts if the partition returns."""
        with self._changed:
            for partition in partitions:
                self._drop(partition)
                tracker = self._trackers.pop(partition, None)
                if tracker is not None:
                    self._left[partition] = tracker

    def offer(self, records: Sequence[Record], damaged: Damaged | None = None) -> None:
        """Queue records. Those of partitions not held, and those that came before, are passed over."""
        with self._changed:
            for record in records:
                self._admit(record, damaged)
            if self._ready:
                self._changed.notify()

    def positions(self) -> Mapping[Partition, int]:
        """What may be committed, of every partition whose stored offset differs."""
        with self._changed:
            return {
                partition: tracker.position
                for partition, tracker in self._trackers.items()
                if tracker.committed != tracker.position
            }

    def committed(self, offsets: Mapping[Partition, int]) -> None:
        """The group has stored these."""
        with self._changed:
            for partition, offset in offsets.items():
                if partition in self._trackers:
                    self._trackers[partition].committed = offset

    def commit_all_again(self) -> None:
        """Brokers forget the offsets of partitions on which nothing happens for days."""
        with self._changed:
            for tracker in self._trackers.values():
                tracker.committed = None

    def held(self) -> frozenset[Partition]:
        """The partitions worked on."""
        with self._changed:
            return frozenset(self._trackers)

    def load(self) -> Load:
        """How much there is, for backpressure and health."""
        with self._changed:
            return Load(
                waiting={at: self._weights.waiting(at) for at in self._trackers},
                spans={at: tracker.span for at, tracker in self._trackers.items()},
                size=self._weights.size,
                running=len(self._running),
                retrying=len(self._struggles),
                oldest=min((task.started for task in self._running.values()), default=None),
            )

    # What workers do.

    def next(self, clock: Clock) -> Task | None:
        """Wait for a task; None once the board is closed."""
        with self._changed:
            while not self._closed:
                now = clock.monotonic()
                task = self._take(now)
                if task is not None:
                    if self._ready or self._delays:
                        # Whoever wakes takes over both the next lane and the watch over the delays.
                        self._changed.notify()
                    return task
                due = self._delays.next
                self._changed.wait(None if due is None else max(0.0, due - now))
            return None

    def take(self, now: float) -> Task | None:
        """A task, or None when nothing can be done now."""
        with self._changed:
            return None if self._closed else self._take(now)

    def settle(self, task: Task, verdict: Verdict, now: float) -> None:
        """What became of a task. Of a partition that left meanwhile, only a finish still counts."""
        lane, record = task.lane, task.entry.record
        with self._changed:
            del self._running[lane]
            if isinstance(verdict, Again):
                due = now + verdict.after
                self._struggles.failed(lane.key.partition, record.offset, task.attempt, due)
            else:
                self._finish(lane.key.partition, task.entry)
            self._place(lane)
            self._changed.notify()

    def next_due(self) -> float | None:
        """When the next parked lane may go on."""
        with self._changed:
            return self._delays.next

    def close(self) -> None:
        """Hand out no more tasks."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # Under the lock.

    def _admit(self, record: Record, damaged: Damaged | None) -> None:
        partition = Partition(record.topic, record.partition)
        tracker = self._trackers.get(partition)
        if tracker is None:
            return
        if record.offset < tracker.start:
            # The log starts anew below the committed offset: the topic was deleted and made again.
            self._drop(partition)
            tracker = self._trackers[partition] = Tracker(record.offset)
        if not tracker.offer(record.offset):
            return
        key = LaneKey(partition, record.key if self._by_key and record.key is not None else record.offset)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
        lane.queue.append(Entry(record, tracker, damaged))
        self._weights.add(partition, record, parked=lane.state is State.PARKED)
        if lane.state is State.IDLE:
            self._place(lane)

    def _take(self, now: float) -> Task | None:
        for lane in self._delays.due(now):
            if lane.state is State.PARKED:
                self._weights.unpark(lane.key.partition, len(lane.queue))
                lane.state = State.READY
                self._ready.append(lane)
        while self._ready:
            lane = self._ready.popleft()
            if lane.state is not State.READY:
                continue
            task = self._start(lane, now)
            if task is not None:
                return task
        return None

    def _start(self, lane: Lane, now: float) -> Task | None:
        """The lane's first entry as a task; None when it has to wait, or none is left."""
        partition = lane.key.partition
        while lane.queue and not lane.queue[0].tracker.waits_for(lane.queue[0].record.offset):
            self._weights.remove(partition, lane.queue.popleft().record)
        if not lane.queue:
            self._forget(lane)
            return None
        entry = lane.queue[0]
        struggle = self._struggles.get(partition, entry.record.offset)
        if struggle is not None and struggle.due > now:
            lane.state = State.PARKED
            self._weights.park(partition, len(lane.queue))
            self._delays.add(struggle.due, lane)
            return None
        lane.state = State.BUSY
        task = Task(lane, entry, struggle.attempts + 1 if struggle else 1, now)
        self._running[lane] = task
        return task

    def _finish(self, partition: Partition, entry: Entry) -> None:
        self._struggles.over(partition, entry.record.offset)
        tracker = self._trackers.get(partition) or self._left.get(partition)
        if tracker is not None and tracker.log is entry.tracker.log:
            tracker.finish(entry.record.offset)

    def _place(self, lane: Lane) -> None:
        """Where an idle or just settled lane goes. A failed head finds its way to the delays from there."""
        if lane.queue:
            lane.state = State.READY
            self._ready.append(lane)
        else:
            self._forget(lane)

    def _forget(self, lane: Lane) -> None:
        lane.state = State.IDLE
        if self._lanes.get(lane.key) is lane:
            del self._lanes[lane.key]

    def _drop(self, partition: Partition) -> None:
        """Empty the partition's lanes; a busy one stays, so that its key cannot start again beside it."""
        for lane in [lane for lane in self._lanes.values() if lane.key.partition == partition]:
            lane.queue.clear()
            if lane.state is not State.BUSY:
                self._forget(lane)
        self._weights.clear(partition)
