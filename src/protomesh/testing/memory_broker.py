"""A broker in memory: the port's promises without a network, and its accidents at the test's command."""

import threading
from collections.abc import Mapping, Sequence

from protomesh.broker import (
    Acknowledged,
    Admin,
    Broker,
    Consumer,
    Lag,
    Message,
    OnPartitions,
    Partition,
    Producer,
    Record,
    Tail,
    TopicSpec,
)
from protomesh.clock import Clock, SystemClock
from protomesh.errors import Unavailable
from protomesh.testing.memory_consumer import MemoryConsumer
from protomesh.testing.memory_group import MemoryGroup
from protomesh.testing.memory_log import MemoryLog
from protomesh.testing.memory_producer import MemoryProducer


class MemoryBroker(Broker):
    """`protomesh.broker.Broker`. Thread safe; `changed` is its one lock, and told of every change."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.changed = threading.Condition(threading.RLock())
        self.log = MemoryLog()
        self.away = False
        self.failing = 0
        """So many of the next requests of consumers, other than polls, get no answer."""
        self.refusing: dict[str, Exception] = {}
        """Topics whose records are refused, and with what."""
        self._groups: dict[str, MemoryGroup] = {}
        self._waiting: list[MemoryProducer] = []

    def producer(self) -> Producer:
        """All share the one log; after a failure each is open again only when it was flushed."""
        return MemoryProducer(self)

    def consumer(
        self, group: str, topics: Sequence[str], on_assign: OnPartitions, on_revoke: OnPartitions
    ) -> MemoryConsumer:
        """Joins with its first poll."""
        return MemoryConsumer(self, self.group(group), topics, on_assign, on_revoke)

    def reader(self, tail: Tail) -> Consumer:
        """Raises Unavailable and NotFound."""
        with self.changed:
            if self.away:
                raise Unavailable("the broker is away")
            find = self.log.start if tail.beginning else self.log.end
            partitions = [
                Partition(topic, index)
                for topic in tail.topics
                for index in range(self.log.partitions(topic))
            ]
            reader = MemoryConsumer(self, None, tail.topics, _ignore, _ignore)
            reader.read_all({at: find(at) for at in partitions})
            return reader

    def admin(self) -> Admin:
        """Knows topics and groups."""
        return _MemoryAdmin(self)

    # What tests do to it.

    def group(self, name: str) -> MemoryGroup:
        """The group's state; made when first asked for."""
        with self.changed:
            return self._groups.setdefault(name, MemoryGroup())

    def records(self, topic: str) -> list[Record]:
        """All that the topic holds, partition by partition. Raises NotFound."""
        with self.changed:
            return self.log.all_of(topic)

    def go_away(self) -> None:
        """Answer nobody until `come_back`."""
        with self.changed:
            self.away = True

    def come_back(self) -> None:
        """Answer again; what producers kept is written."""
        with self.changed:
            self.away, self.failing = False, 0
            waiting, self._waiting = self._waiting, []
            self.changed.notify_all()
        for producer in waiting:
            producer.deliver()

    def send(self, message: Message, done: Acknowledged) -> None:
        """Send one record as a producer of its own would, which no earlier failure has stopped."""
        MemoryProducer(self).send(message, done)

    # What its clients do.

    def write(self, message: Message, at: Partition) -> Exception | None:
        """Into the log; why not, if it is refused. Under the lock."""
        refusal = self.refusing.get(message.topic) or self.log.refusal(message)
        if refusal is None:
            self.log.append(message, at, int(self._clock.now() * 1000))
        return refusal

    def keep(self, producer: MemoryProducer) -> None:
        """Have it deliver when the broker is back. Under the lock."""
        if producer not in self._waiting:
            self._waiting.append(producer)

    def rebalance(self, group: MemoryGroup) -> None:
        """After its members changed. Under the lock."""
        group.rebalance(self._partitions())
        self.changed.notify_all()

    def topics_changed(self) -> None:
        """All groups look at their partitions again. Under the lock."""
        for group in self._groups.values():
            self.rebalance(group)

    def forget(self, topic: str) -> None:
        """A deleted topic's offsets go with it. Under the lock."""
        for group in self._groups.values():
            for at in [at for at in group.committed if at.topic == topic]:
                del group.committed[at]

    def _partitions(self) -> list[Partition]:
        return [Partition(topic, index) for topic, count in self.log.topics.items() for index in range(count)]


class _MemoryAdmin:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def ping(self) -> None:
        if self._broker.away:
            raise Unavailable("the broker is away")

    def topics(self) -> Mapping[str, int]:
        self.ping()
        return self._broker.log.topics

    def create(self, topics: Sequence[TopicSpec]) -> None:
        self.ping()
        with self._broker.changed:
            missing = [topic for topic in topics if topic.name not in self._broker.log.topics]
            for topic in missing:
                self._broker.log.create(topic)
            if missing:
                self._broker.topics_changed()

    def delete(self, topics: Sequence[str]) -> None:
        self.ping()
        with self._broker.changed:
            for topic in topics:
                self._broker.log.delete(topic)
                self._broker.forget(topic)
            self._broker.topics_changed()

    def lag(self, group: str, topics: Sequence[str] = ()) -> Sequence[Lag]:
        self.ping()
        with self._broker.changed:
            committed = self._broker.group(group).committed
            log = self._broker.log
            wanted = set(committed) | {
                Partition(topic, index) for topic in topics for index in range(log.partitions(topic))
            }
            return [Lag(at, committed.get(at), log.end(at)) for at in sorted(wanted)]

    def close(self) -> None:
        pass


def _ignore(_partitions: frozenset[Partition]) -> None:
    """A reader has no rebalances."""
