"""The consuming side: one thread's member of a group."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from traceback import walk_tb
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.structs import OffsetAndMetadata

from protomesh.broker.kafka_python.errors import translate, translated
from protomesh.broker.kafka_python.lazy import Lazy
from protomesh.broker.kafka_python.rejoin import keep_finished_joins
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.port import Damaged, OnPartitions, Partition, Record
from protomesh.errors import Aborted

_Change = tuple[OnPartitions, frozenset[Partition]]


class KafkaPythonConsumer:
    """`protomesh.broker.Consumer` over KafkaConsumer; the group is joined by the first poll."""

    def __init__(  # noqa: PLR0917 - the port's own order, behind what the broker adds
        self,
        bootstrap: str,
        tuning: Tuning,
        group: str,
        topics: Sequence[str],
        on_assign: OnPartitions,
        on_revoke: OnPartitions,
    ) -> None:
        self._tuning = tuning
        self._changes: deque[_Change] = deque()
        listener = _Notes(self._changes, on_assign, on_revoke)
        self._kafka: Lazy[KafkaConsumer] = Lazy(
            _subscribing(list(topics), listener),
            tuning.consumer(bootstrap, group)
            | {"partition_assignment_strategy": (RangePartitionAssignor, RoundRobinPartitionAssignor)},
        )

    def poll(self, timeout: float, limit: int = 500) -> Sequence[Record]:
        """At most `limit` records; nothing in the call that brought a rebalance."""
        consumer = self._kafka.get()
        _make_room_for_resumed(consumer)
        try:
            found = consumer.poll(timeout_ms=max(1, int(timeout * 1000)), max_records=limit)
        except Exception as error:
            raise self._stepped_over(consumer, error) from error
        if self._changes:
            self._announce(consumer, found)
            return ()
        return [_record(record) for records in found.values() for record in records]

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """One request, retried by the client until its request timeout."""
        consumer = self._kafka.get()
        held = self.assignment()
        ours = {
            TopicPartition(*at): OffsetAndMetadata(offset, "", -1)
            for at, offset in offsets.items()
            if at in held
        }
        if ours:
            with translated():
                consumer.commit(ours, timeout_ms=int(self._tuning.request_timeout * 1000))
        lost = sorted(set(offsets) - held)
        if lost:
            raise Aborted(f"no longer held by this member, so not committed: {lost}")

    def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """One request per partition."""
        consumer = self._kafka.get()
        timeout = int(self._tuning.request_timeout * 1000)
        with translated():
            found = {at: consumer.committed(TopicPartition(*at), timeout_ms=timeout) for at in partitions}
        return {at: offset for at, offset in found.items() if offset is not None and offset >= 0}

    def seek(self, partition: Partition, offset: int) -> None:
        """Takes effect with the next poll."""
        consumer = self._kafka.get()
        if partition not in self.assignment():
            raise Aborted(f"not held by this member: {partition}")
        consumer.seek(TopicPartition(*partition), offset)

    def start_of(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """One request to the broker."""
        asked = [TopicPartition(*at) for at in partitions]
        with translated():
            found = self._kafka.get().beginning_offsets(asked, int(self._tuning.request_timeout * 1000))
        return {Partition(*at): offset for at, offset in found.items()}

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Kept by the client until the partition is revoked."""
        self._kafka.get().pause(*self._still_held(partitions))

    def resume(self, partitions: Sequence[Partition]) -> None:
        """Records fetched before the pause come first."""
        self._kafka.get().resume(*self._still_held(partitions))

    def assignment(self) -> frozenset[Partition]:
        """As of the last poll."""
        consumer = self._kafka.peek()
        return frozenset() if consumer is None else _partitions(consumer.assignment())

    def close(self) -> None:
        """Leave the group, within the close timeout."""
        timeout = int(self._tuning.close_timeout * 1000)
        self._kafka.close(lambda consumer: consumer.close(autocommit=False, timeout_ms=timeout))

    def _still_held(self, partitions: Sequence[Partition]) -> list[TopicPartition]:
        return [TopicPartition(*at) for at in self.assignment().intersection(partitions)]

    def _announce(self, consumer: KafkaConsumer, found: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Hand back what came with the change, so that a callback's seek decides what is read first."""
        held = consumer.assignment()
        for at, records in found.items():
            if at in held and records:
                consumer.seek(at, records[0].offset)
        while self._changes:
            tell, partitions = self._changes.popleft()
            tell(partitions)

    def _stepped_over(self, consumer: KafkaConsumer, error: Exception) -> Exception:
        """Past a batch that cannot be read, by one offset: the client would hang in its next poll."""
        stuck = consumer._fetcher._next_partition_records  # noqa: SLF001 - only here stands which partition it is
        if not stuck or not _in_a_batch(error):
            return translate(error)
        at, offset = stuck.topic_partition, stuck.next_fetch_offset
        if at in consumer.assignment():
            consumer.seek(at, offset + 1)
        return Damaged(Partition(*at), offset, f"{type(error).__name__}: {error}")


def _in_a_batch(error: Exception) -> bool:
    """Whether it was raised while a batch was taken apart; after any other the records are still good."""
    return any(frame.f_code.co_name == "_unpack_records" for frame, _ in walk_tb(error.__traceback__))


class _Notes(ConsumerRebalanceListener):  # type: ignore[misc]  # the client ships no types
    """Called in the client's IO thread, where nothing may block: it only takes notes."""

    def __init__(self, changes: deque[_Change], on_assign: OnPartitions, on_revoke: OnPartitions) -> None:
        self._changes = changes
        self._on_assign = on_assign
        self._on_revoke = on_revoke

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._changes.append((self._on_assign, _partitions(assigned)))

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        gone = _partitions(revoked)
        if gone:
            self._changes.append((self._on_revoke, gone))


def _subscribing(topics: list[str], listener: _Notes) -> Callable[..., KafkaConsumer]:
    def make(**settings: Any) -> KafkaConsumer:
        consumer = keep_finished_joins(KafkaConsumer(**settings))
        consumer.subscribe(topics=topics, listener=listener)
        return consumer

    return make


def _make_room_for_resumed(consumer: KafkaConsumer) -> None:
    """Records set aside by a pause are taken up only when no batch is in line.

    The client leaves a batch in line that it has read to its end, and fetches nothing anew for a partition
    with records set aside: without this, such a partition is never read again.
    """
    fetcher = consumer._fetcher  # noqa: SLF001 - no public way; the version is pinned
    in_line = fetcher._next_partition_records  # noqa: SLF001 - as above
    if in_line is not None and not in_line:
        fetcher._next_partition_records = None  # noqa: SLF001 - as above


def _partitions(partitions: Iterable[TopicPartition]) -> frozenset[Partition]:
    return frozenset(Partition(at.topic, at.partition) for at in partitions)


def _record(record: Any) -> Record:
    """A header without a value (Kafka allows it) reads as an empty one."""
    return Record(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple((name, value or b"") for name, value in record.headers or ()),
    )
