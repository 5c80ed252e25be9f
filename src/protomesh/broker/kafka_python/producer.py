"""The producing side: idempotent, ordered per partition, bounded in what it keeps unacknowledged."""

import itertools
import threading
from functools import partial

from kafka import KafkaProducer
from kafka import errors as kafka

from protomesh.broker.kafka_python.admin import KafkaAdmin
from protomesh.broker.kafka_python.errors import translate, translated
from protomesh.broker.kafka_python.lazy import Lazy
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.partitioner import partition_for
from protomesh.broker.port import Acknowledged, Message
from protomesh.errors import InvalidArgument, ResourceExhausted, Unavailable


class KafkaPythonProducer:
    """`protomesh.broker.Producer` over KafkaProducer, which is thread safe.

    A record of a topic deleted after its first use is retried without end, as when the broker is away.
    """

    def __init__(self, bootstrap: str, tuning: Tuning) -> None:
        self._tuning = tuning
        self._kafka: Lazy[KafkaProducer] = Lazy(KafkaProducer, tuning.producer(bootstrap))
        self._admin = KafkaAdmin(bootstrap, tuning)
        self._known: set[str] = set()
        self._turn = itertools.count()
        self._waiting = 0
        self._count = threading.Lock()

    def send(self, message: Message, done: Acknowledged) -> None:
        """Hand the record to the client; `done` is called in its sender thread."""
        if message.key is None and message.value is None:
            raise InvalidArgument("a record needs a key or a value")
        partition = self._partition(message)
        self._admit()
        try:
            with translated():
                future = self._kafka.get().send(
                    message.topic,
                    value=message.value,
                    key=message.key,
                    headers=list(message.headers),
                    partition=partition,
                )
        except BaseException:
            self._leave()
            raise
        future.add_callback(partial(self._acknowledged, done))
        future.add_errback(partial(self._failed, done))

    def partitions(self, topic: str) -> int:
        """From the cached metadata, once the topic is known to exist."""
        kafka_producer = self._kafka.get()
        if topic not in self._known:
            # The client's own look-up waits out its whole time for a topic that does not exist, and asks the
            # broker to create it.
            self._admin.partitions(topic)
            self._known.add(topic)
        with translated():
            return len(kafka_producer.partitions_for(topic))

    def flush(self, timeout: float) -> None:
        """What is unacknowledged afterwards is still being retried."""
        producer = self._kafka.peek()
        if producer is None:
            return
        try:
            with translated():
                producer.flush(timeout)
        except Unavailable as error:
            raise Unavailable(f"records still unacknowledged after {timeout} s") from error

    def close(self) -> None:
        """Within twice the close timeout."""
        self._kafka.close(self._end)
        self._admin.close()

    def _end(self, producer: KafkaProducer) -> None:
        try:
            producer.close(self._tuning.close_timeout)
        except kafka.KafkaError:
            # close() gives up at its own flush; without this the sender thread would try for ever.
            producer._sender.force_close()  # noqa: SLF001 - no public way; the version is pinned
            producer._sender.join(self._tuning.close_timeout)  # noqa: SLF001 - as above

    def _partition(self, message: Message) -> int:
        count = self.partitions(message.topic)
        if message.partition is not None:
            if not 0 <= message.partition < count:
                raise InvalidArgument(
                    f"{message.topic} has {count} partitions, not number {message.partition}"
                )
            return message.partition
        if message.key is None:
            return next(self._turn) % count
        return partition_for(message.key, count)

    def _admit(self) -> None:
        with self._count:
            if self._waiting >= self._tuning.max_unacknowledged:
                raise ResourceExhausted(f"{self._waiting} records wait for their acknowledgement")
            self._waiting += 1

    def _leave(self) -> None:
        with self._count:
            self._waiting -= 1

    def _acknowledged(self, done: Acknowledged, _where: object) -> None:
        self._leave()
        done(None)

    def _failed(self, done: Acknowledged, error: Exception) -> None:
        self._leave()
        done(translate(error))
