"""What the rest of Protomesh sees of Kafka: records, and three small ports.

Every adapter passes the one suite in `tests/conformance/broker`. Keys, values and headers are bytes as they
stand in the log; nothing here decodes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from protomesh.errors import Internal

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """A topic's partition: the unit of order and of assignment."""

    topic: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


@dataclass(frozen=True, slots=True)
class Message:
    """A record to be written. `partition` None means: murmur2 of the key, as Kafka's own clients do."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record read. `timestamp` in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Damaged(Internal):
    """The record at `offset` of `partition` cannot be read: its batch fails its checksum or is none.

    Raised once per offset; the next poll goes on behind it. Records before it have been delivered.
    """

    def __init__(self, partition: Partition, offset: int, why: str) -> None:
        super().__init__(f"{partition.topic}/{partition.index} offset {offset}: {why}")
        self.partition = partition
        self.offset = offset


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be. `config` holds Kafka's own names, such as retention.ms."""

    name: str
    partitions: int = 1
    config: Mapping[str, str] = field(default_factory=dict)


Acknowledged = Callable[[Exception | None], None]
"""Called once, from a thread of the adapter: None when the record is in the log, else why that is not known.

A record that ended Unavailable or Aborted may be in the log nevertheless, now or a moment later, if its
request was under way: whoever sends it again may find it there twice. Any other error says that it is not.
"""


class Producer(Protocol):
    """Idempotent, acks=all, records never expire. Thread safe.

    No record overtakes a failed one: after the first failure the records queued behind it fail as Aborted,
    and `send` raises Aborted until `flush` has returned. The sender begins again at the failed record.
    """

    def send(self, message: Message, done: Acknowledged) -> None:
        """Queue the record; never blocks on the network for longer than the bounded metadata wait.

        `done` gets InvalidArgument when the record is too large for its topic. Raises Unavailable when the
        topic's partitions cannot be learnt, NotFound when it does not exist, InvalidArgument when the record
        is larger than any request may be, and ResourceExhausted when too many wait to be acknowledged.
        """
        ...

    def partitions(self, topic: str) -> int:
        """The topic's number of partitions."""
        ...

    def flush(self, timeout: float) -> None:
        """Wait until everything queued has been answered, at most `timeout` seconds (then Unavailable).

        What failed is told to `done` alone. Afterwards `send` is open again.
        """
        ...

    def close(self) -> None:
        """Wait a moment for what is queued, then give up on it: its `done` is told so."""
        ...


class Consumer(Protocol):
    """A member of one consumer group, in one thread. Offsets are committed explicitly, never by itself."""

    def poll(self, timeout: float, limit: int = 500) -> Sequence[Record]:
        """At most `limit` records, waiting at most `timeout` seconds for the first.

        `on_assign` and `on_revoke` given at creation are called from inside this call, in its thread,
        before any record of the new assignment is returned: a seek in `on_assign` decides what comes first.
        A record that cannot be read (bad checksum) is skipped only after being reported as a `Damaged` error.
        Raises Unavailable when the broker has never been reached; one that goes away later is waited for.
        """
        ...

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commit the next offset to read of each partition.

        Partitions that this member no longer holds are left out, and named in an Aborted raised after the
        others were committed: their new owner must never be set back. Raises Unavailable when no broker
        answers, Aborted when the member itself was put out of the group.
        """
        ...

    def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Committed offsets; a partition without one is absent."""
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from `offset`. Raises Aborted when the partition is not held."""
        ...

    def start_of(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """The lowest offset still in the log."""
        ...

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Return no records of these until `resume`. Partitions not held are passed over."""
        ...

    def resume(self, partitions: Sequence[Partition]) -> None:
        """Undo `pause`. A partition that left and came back is no longer paused."""
        ...

    def assignment(self) -> frozenset[Partition]:
        """What this member holds now."""
        ...

    def close(self) -> None:
        """Leave the group at once, committing nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a group is behind: `committed` is None before its first commit."""

    partition: Partition
    committed: int | None
    end: int


class Admin(Protocol):
    """Topics and groups."""

    def ping(self) -> None:
        """Raises Unavailable when no broker answers."""
        ...

    def topics(self) -> Mapping[str, int]:
        """Every topic with its number of partitions."""
        ...

    def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create those that do not exist yet; an existing one is left as it is."""
        ...

    def delete(self, topics: Sequence[str]) -> None:
        """Delete topics with all their records. Raises NotFound."""
        ...

    def lag(self, group: str, topics: Sequence[str] = ()) -> Sequence[Lag]:
        """Of every partition the group has committed in, and of every partition of `topics`."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a reader without a group begins: `beginning`, else only what comes from now on."""

    topics: tuple[str, ...]
    beginning: bool = False


OnPartitions = Callable[[frozenset[Partition]], None]


class Broker(Protocol):
    """Makes clients. Held by `Context`; one per process."""

    def producer(self) -> Producer:
        """A producer; connects when first used."""
        ...

    def consumer(
        self, group: str, topics: Sequence[str], on_assign: OnPartitions, on_revoke: OnPartitions
    ) -> Consumer:
        """A member of `group`; joins with its first poll."""
        ...

    def reader(self, tail: Tail) -> Consumer:
        """A consumer outside any group, assigned to every partition of the topics; commit is refused.

        Raises Unavailable, and NotFound when a topic does not exist.
        """
        ...

    def admin(self) -> Admin:
        """A client for topics and groups; connects when first used."""
        ...
