"""A consumer outside any group: it sees every partition, and remembers nothing."""

from collections.abc import Mapping, Sequence

from kafka import KafkaConsumer, TopicPartition

from protomesh.broker.kafka_python.admin import KafkaAdmin
from protomesh.broker.kafka_python.consumer import KafkaPythonConsumer
from protomesh.broker.kafka_python.errors import translated
from protomesh.broker.kafka_python.lazy import Lazy
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.port import Partition, Tail
from protomesh.errors import FailedPrecondition


class KafkaPythonReader(KafkaPythonConsumer):
    """Making one settles where "now" is, so it already raises Unavailable or NotFound."""

    def __init__(self, bootstrap: str, tuning: Tuning, tail: Tail) -> None:
        super().__init__(bootstrap, tuning, "", tail.topics, _ignore, _ignore)
        self._kafka = Lazy(KafkaConsumer, tuning.consumer(bootstrap, None))
        try:
            self._assign(_everything(bootstrap, tuning, tail.topics), from_start=tail.beginning)
        except BaseException:
            self.close()
            raise

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Refused."""
        raise FailedPrecondition(f"a reader has no group to commit for: {sorted(offsets)}")

    def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """Refused."""
        raise FailedPrecondition(f"a reader has no group that committed: {sorted(partitions)}")

    def _assign(self, partitions: list[TopicPartition], *, from_start: bool) -> None:
        timeout = int(self._tuning.request_timeout * 1000)
        with translated():
            consumer = self._kafka.get()
            consumer.assign(partitions)
            find = consumer.beginning_offsets if from_start else consumer.end_offsets
            for at, offset in find(partitions, timeout).items():
                consumer.seek(at, offset)


def _everything(bootstrap: str, tuning: Tuning, topics: Sequence[str]) -> list[TopicPartition]:
    admin = KafkaAdmin(bootstrap, tuning)
    try:
        return [TopicPartition(topic, index) for topic in topics for index in range(admin.partitions(topic))]
    finally:
        admin.close()


def _ignore(_partitions: frozenset[Partition]) -> None:
    """No group, no rebalance."""
