"""Topics of the in-memory broker: lists of records."""

from collections.abc import Iterator, Mapping
from typing import Final

from protomesh.broker import Message, Partition, Record, TopicSpec, partition_for
from protomesh.errors import InvalidArgument, MeshError, NotFound

_LARGEST: Final = 1_048_588
"""Kafka's own default of max.message.bytes."""


class MemoryLog:
    """Not thread safe: the broker holds its lock around every call."""

    def __init__(self) -> None:
        self._records: dict[Partition, list[Record]] = {}
        self._next: dict[Partition, int] = {}
        self._partitions: dict[str, int] = {}
        self._largest: dict[str, int] = {}
        self._turn = 0
        self.damaged: set[tuple[Partition, int]] = set()

    @property
    def topics(self) -> Mapping[str, int]:
        """Names and numbers of partitions."""
        return dict(self._partitions)

    def partitions(self, topic: str) -> int:
        """Raises NotFound."""
        try:
            return self._partitions[topic]
        except KeyError:
            raise NotFound(f"no such topic: {topic}") from None

    def create(self, topic: TopicSpec) -> None:
        """A topic without records. Of its settings, max.message.bytes counts."""
        self._partitions[topic.name] = topic.partitions
        self._largest[topic.name] = int(topic.config.get("max.message.bytes", _LARGEST))
        for index in range(topic.partitions):
            at = Partition(topic.name, index)
            self._records[at], self._next[at] = [], 0

    def delete(self, topic: str) -> None:
        """Raises NotFound."""
        for index in range(self.partitions(topic)):
            del self._records[Partition(topic, index)], self._next[Partition(topic, index)]
        del self._partitions[topic]

    def place(self, message: Message) -> Partition:
        """Where it belongs. Raises NotFound and InvalidArgument as a producer's `send` does."""
        return Partition(message.topic, self._index(message))

    def refusal(self, message: Message) -> MeshError | None:
        """What a broker answers to a record that it does not take; None to any other."""
        if message.topic not in self._partitions:
            return NotFound(f"no such topic: {message.topic}")
        size, largest = _size(message), self._largest[message.topic]
        return InvalidArgument(f"{size} bytes, {message.topic} takes {largest}") if size > largest else None

    def append(self, message: Message, at: Partition, timestamp: int) -> Record:
        """At the end of the partition."""
        record = Record(
            at.topic, at.index, self._next[at], timestamp, message.key, message.value, message.headers
        )
        self._records[at].append(record)
        self._next[at] += 1
        return record

    def start(self, at: Partition) -> int:
        """The lowest offset still there."""
        return self._records[at][0].offset if self._records[at] else self._next[at]

    def end(self, at: Partition) -> int:
        """The offset of the next record."""
        return self._next[at]

    def remove(self, at: Partition, *offsets: int) -> None:
        """As compaction, retention and transaction markers leave holes."""
        self._records[at] = [record for record in self._records[at] if record.offset not in offsets]

    def read(self, at: Partition, position: int, limit: int) -> Iterator[Record]:
        """At most `limit` records from `position` on."""
        records = self._records[at]
        low, high = 0, len(records)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if records[middle].offset < position else (low, middle)
        yield from records[low : low + limit]

    def all_of(self, topic: str) -> list[Record]:
        """Partition by partition. Raises NotFound."""
        return [
            record
            for index in range(self.partitions(topic))
            for record in self._records[Partition(topic, index)]
        ]

    def _index(self, message: Message) -> int:
        if message.key is None and message.value is None:
            raise InvalidArgument("a record needs a key or a value")
        count = self.partitions(message.topic)
        if message.partition is not None:
            if not 0 <= message.partition < count:
                raise InvalidArgument(
                    f"{message.topic} has {count} partitions, not number {message.partition}"
                )
            return message.partition
        if message.key is None:
            self._turn += 1
            return self._turn % count
        return partition_for(message.key, count)


def _size(message: Message) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in message.headers)
    return len(message.key or b"") + len(message.value or b"") + headers
