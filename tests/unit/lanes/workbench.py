"""Members of a group turned by hand, and the book of what they did."""

from collections import defaultdict
from dataclasses import dataclass, field

from protomesh.broker import Message, Partition, Record, TopicSpec
from protomesh.lanes import Again, Finished, Limits, Pace, SteppedLanes, Verdict
from protomesh.lanes.lane import Task
from protomesh.testing import FakeClock, MemoryBroker
from protomesh.testing.memory_consumer import MemoryConsumer

TOPIC, GROUP = "events", "g"


@dataclass
class Book:
    """What was started and finished, by anyone; it objects at once when a promise is broken."""

    broker: MemoryBroker
    finished: set[tuple[Partition, int]] = field(default_factory=set)
    starts: dict[tuple[Partition, int], int] = field(default_factory=lambda: defaultdict(int))

    def start(self, record: Record) -> None:
        at = Partition(record.topic, record.partition)
        self.starts[at, record.offset] += 1
        for earlier in self.broker.records(record.topic):
            same_key = earlier.key == record.key and earlier.key is not None
            if same_key and earlier.partition == record.partition and earlier.offset < record.offset:
                assert (at, earlier.offset) in self.finished, (
                    f"{record.key!r}: offset {record.offset} began before {earlier.offset} was finished"
                )

    def finish(self, record: Record) -> None:
        self.finished.add((Partition(record.topic, record.partition), record.offset))

    def unfinished(self) -> set[tuple[Partition, int]]:
        everything = {(Partition(r.topic, r.partition), r.offset) for r in self.broker.records(TOPIC)}
        return everything - self.finished

    def check_commits(self) -> None:
        committed = self.broker.group(GROUP).committed
        for at, offset in self.unfinished():
            assert committed.get(at, 0) <= offset, (
                f"{at} is committed to {committed[at]}, {offset} is unfinished"
            )


class Member:
    """One process of the group."""

    def __init__(
        self, broker: MemoryBroker, clock: FakeClock, book: Book, limits: Limits | None = None
    ) -> None:
        self.consumers: list[MemoryConsumer] = []
        self.book = book
        self.running: list[Task] = []
        self.lanes = SteppedLanes(
            lambda on_assign, on_revoke: self._keep(broker.consumer(GROUP, [TOPIC], on_assign, on_revoke)),
            lambda _: Finished(),
            clock,
            limits=limits or Limits(waiting=4, window=6),
            pace=Pace(batch=3),
        )

    def _keep(self, consumer: MemoryConsumer) -> MemoryConsumer:
        self.consumers.append(consumer)
        return consumer

    def begin(self) -> bool:
        task = self.lanes.take()
        if task is None:
            return False
        keys = [running.lane.key for running in self.running]
        assert task.lane.key not in keys, f"{task.lane.key} runs twice in one member"
        self.book.start(task.entry.record)
        self.running.append(task)
        return True

    def end(self, index: int, verdict: Verdict) -> None:
        task = self.running.pop(index % len(self.running))
        if isinstance(verdict, Finished):
            self.book.finish(task.entry.record)
        self.lanes.settle(task, verdict)

    def kill(self) -> None:
        """What a SIGKILL leaves: a member that the group drops, and nothing else."""
        for consumer in self.consumers:
            consumer.vanish()


def new_broker(clock: FakeClock, partitions: int) -> MemoryBroker:
    broker = MemoryBroker(clock)
    broker.admin().create([TopicSpec(TOPIC, partitions)])
    return broker


def send(broker: MemoryBroker, key: str | None, value: str = "v") -> None:
    broker.send(
        Message(TOPIC, key.encode() if key is not None else None, value.encode()), lambda _error: None
    )


def settle_down(members: list[Member], clock: FakeClock, rounds: int = 400) -> None:
    """Let the members work until nothing is left; fails when that does not come about."""
    quiet = 0
    for _ in range(rounds):
        busy = False
        for member in members:
            busy |= member.lanes.poll()
            while member.begin():
                busy = True
            while member.running:
                member.end(0, Finished())
        clock.advance(1.0)
        dues = [due for member in members if (due := member.lanes.next_due()) is not None]
        busy |= any(member.lanes.poller.trouble for member in members)
        quiet = 0 if busy or dues else quiet + 1
        if quiet > 4:
            return
    raise AssertionError("the members never came to rest")


__all__ = ["GROUP", "TOPIC", "Again", "Book", "Member", "new_broker", "send", "settle_down"]
