"""Topics and groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as kafka
from kafka.admin import OffsetSpec

from protomesh.broker.kafka_python.errors import translate, translated
from protomesh.broker.kafka_python.lazy import Lazy
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.port import Lag, Partition, TopicSpec

_INTERNAL = "__"
_ALREADY_THERE = frozenset({0, kafka.TopicAlreadyExistsError.errno})


class KafkaAdmin:
    """`protomesh.broker.Admin` over KafkaAdminClient. Thread safe."""

    def __init__(self, bootstrap: str, tuning: Tuning) -> None:
        self._kafka: Lazy[KafkaAdminClient] = Lazy(KafkaAdminClient, tuning.common(bootstrap))

    def ping(self) -> None:
        """One metadata request, answered."""
        with translated():
            self._kafka.get().describe_topics([])

    def topics(self) -> Mapping[str, int]:
        """All but the internal ones."""
        return {
            topic["name"]: len(topic["partitions"])
            for topic in self._describe(None)
            if not topic["name"].startswith(_INTERNAL)
        }

    def partitions(self, topic: str) -> int:
        """The topic's number of partitions. Raises NotFound."""
        (described,) = self._describe([topic])
        if described["error_code"]:
            raise translate(kafka.for_code(described["error_code"])(topic))
        return len(described["partitions"])

    def create(self, topics: Sequence[TopicSpec]) -> None:
        """Then wait until each has a leader. An existing topic counts as created."""
        if not topics:
            return
        wanted = {
            topic.name: {"num_partitions": topic.partitions, "configs": dict(topic.config)}
            for topic in topics
        }
        with translated():
            admin = self._kafka.get()
            answers = admin.create_topics(wanted, raise_errors=False)["topics"]
        for answer in answers:
            _refuse(answer, _ALREADY_THERE)
        with translated():
            admin.wait_for_topics([topic.name for topic in topics])

    def delete(self, topics: Sequence[str]) -> None:
        """Raises NotFound for the first that does not exist; the others are deleted."""
        if not topics:
            return
        with translated():
            answers = self._kafka.get().delete_topics(list(topics), raise_errors=False)["topics"]
        for answer in answers:
            _refuse(answer, frozenset({0}))

    def lag(self, group: str, topics: Sequence[str] = ()) -> Sequence[Lag]:
        """Of the partitions the group has committed in, and of every partition of `topics`."""
        with translated():
            offsets = self._kafka.get().list_group_offsets({group: None})[group]
        committed = {at: found.offset for at, found in offsets.items() if found.offset >= 0}
        wanted = set(committed) | self._partitions_of(topics)
        ends = self._ends(wanted)
        return [
            Lag(Partition(at.topic, at.partition), committed.get(at), ends[at])
            for at in sorted(wanted & set(ends))
        ]

    def close(self) -> None:
        """Close the connection, if one was made."""
        self._kafka.close(lambda admin: admin.close())

    def _describe(self, topics: Sequence[str] | None) -> list[dict[str, Any]]:
        with translated():
            described: list[dict[str, Any]] = self._kafka.get().describe_topics(topics)
        return described

    def _partitions_of(self, topics: Sequence[str]) -> set[TopicPartition]:
        return {TopicPartition(topic, index) for topic in topics for index in range(self.partitions(topic))}

    def _ends(self, wanted: set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Offsets behind the last record; partitions of topics deleted meanwhile are absent."""
        existing = self.topics()
        asked = {at: OffsetSpec.LATEST for at in wanted if at.partition < existing.get(at.topic, 0)}
        if not asked:
            return {}
        with translated():
            found = self._kafka.get().list_partition_offsets(asked)
        return {at: where.offset for at, where in found.items()}


def _refuse(answer: dict[str, Any], fine: frozenset[int]) -> None:
    code = answer["error_code"]
    if code not in fine:
        raise translate(kafka.for_code(code)(f"{answer['name']}: {answer.get('error_message') or 'refused'}"))
