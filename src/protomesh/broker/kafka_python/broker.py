"""The maker of clients."""

from collections.abc import Sequence

from protomesh.broker.kafka_python.admin import KafkaAdmin
from protomesh.broker.kafka_python.consumer import KafkaPythonConsumer
from protomesh.broker.kafka_python.producer import KafkaPythonProducer
from protomesh.broker.kafka_python.reader import KafkaPythonReader
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.port import Admin, Broker, Consumer, OnPartitions, Producer, Tail


class KafkaPython(Broker):
    """`protomesh.broker.Broker` over kafka-python. Making one connects to nothing.

    `bootstrap` is `host:port`, or several of them with commas between. Make clients in the process that uses
    them: none survives a fork.
    """

    def __init__(self, bootstrap: str, tuning: Tuning | None = None) -> None:
        self._bootstrap = bootstrap
        self._tuning = tuning or Tuning()

    def producer(self) -> Producer:
        """Connects when first used."""
        return KafkaPythonProducer(self._bootstrap, self._tuning)

    def consumer(
        self, group: str, topics: Sequence[str], on_assign: OnPartitions, on_revoke: OnPartitions
    ) -> Consumer:
        """Joins the group with its first poll."""
        return KafkaPythonConsumer(self._bootstrap, self._tuning, group, topics, on_assign, on_revoke)

    def reader(self, tail: Tail) -> Consumer:
        """Connects at once, since it settles where "now" is."""
        return KafkaPythonReader(self._bootstrap, self._tuning, tail)

    def admin(self) -> Admin:
        """Connects when first used."""
        return KafkaAdmin(self._bootstrap, self._tuning)
