"""The producing side: idempotent, in order even when a record fails, bounded in what it keeps."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from kafka import KafkaProducer
from kafka import errors as kafka

from protomesh.broker.kafka_python.admin import KafkaAdmin
from protomesh.broker.kafka_python.errors import translate, translated
from protomesh.broker.kafka_python.lazy import Lazy
from protomesh.broker.kafka_python.tuning import Tuning
from protomesh.broker.partitioner import partition_for
from protomesh.broker.port import Acknowledged, Message
from protomesh.errors import (
    Aborted,
    FailedPrecondition,
    InvalidArgument,
    MeshError,
    ResourceExhausted,
    Unavailable,
)


class KafkaPythonProducer:
    """`protomesh.broker.Producer` over KafkaProducer, which is thread safe.

    After some errors the client itself goes on with the records behind the failed one; after others (a record
    too large for its topic) it fails all that follow, for ever and with the first one's error. Here the first
    failure stops the client, and what was behind fails as Aborted.

    A record of a topic deleted after its first use is retried without end, as when the broker is away.
    """

    def __init__(self, bootstrap: str, tuning: Tuning) -> None:
        self._tuning = tuning
        self._kafka: Lazy[KafkaProducer] = Lazy(KafkaProducer, tuning.producer(bootstrap))
        self._admin = KafkaAdmin(bootstrap, tuning)
        self._known: set[str] = set()
        self._turn = itertools.count()
        self._order = threading.RLock()
        self._broken: MeshError | None = None
        self._closing = False
        self._waiting = 0

    def send(self, message: Message, done: Acknowledged) -> None:
        """Hand the record to the client; `done` is called in its sender thread."""
        if message.key is None and message.value is None:
            raise InvalidArgument("a record needs a key or a value")
        with self._order:
            self._refuse_if_broken()
        partition = self._partition(message)
        # The lock spans both steps, so that the record that failed first is also the first heard of.
        with self._order, self._told():
            self._admit()
            producer = self._kafka.get()
            future = producer.send(
                message.topic,
                value=message.value,
                key=message.key,
                headers=list(message.headers),
                partition=partition,
            )
            self._waiting += 1
            future.add_callback(partial(self._acknowledged, done))
            future.add_errback(partial(self._failed, producer, done))

    def partitions(self, topic: str) -> int:
        """From the cached metadata, once the topic is known to exist."""
        producer = self._kafka.get()
        if topic not in self._known:
            # The client's own look-up waits out its whole time for a topic that does not exist, and asks the
            # broker to create it.
            self._admin.partitions(topic)
            self._known.add(topic)
        with self._told():
            return len(producer.partitions_for(topic))

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
        with self._order:
            spent = self._kafka.take() if self._broken else None
            self._broken = None
        if spent is not None:
            self._end(spent)

    def close(self) -> None:
        """Within twice the close timeout."""
        self._closing = True
        self._kafka.close(self._end)
        self._admin.close()

    def _end(self, producer: KafkaProducer) -> None:
        try:
            producer.close(self._tuning.close_timeout)
        except kafka.KafkaError:
            # close() gives up at its own flush; without this the sender thread would try for ever.
            _stop(producer)
            producer._sender.join(self._tuning.close_timeout)  # noqa: SLF001 - as in _stop

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

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Around a call into a client that another thread may stop: it then raises a bare RuntimeError."""
        try:
            with translated():
                yield
        except RuntimeError as error:
            if self._closing:
                raise FailedPrecondition("this producer is closed") from error
            raise Aborted(f"stopped by an earlier failure: {self._broken or error}") from error

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise Aborted(f"an earlier record failed: {self._broken}")

    def _admit(self) -> None:
        self._refuse_if_broken()
        if self._waiting >= self._tuning.max_unacknowledged:
            raise ResourceExhausted(f"{self._waiting} records wait for their acknowledgement")

    def _acknowledged(self, done: Acknowledged, _where: object) -> None:
        with self._order:
            self._waiting -= 1
        done(None)

    def _failed(self, producer: KafkaProducer, done: Acknowledged, error: Exception) -> None:
        reason = (
            Unavailable("not acknowledged when the producer was closed")
            if self._closing
            else translate(error)
        )
        with self._order:
            self._waiting -= 1
            # A client that a flush has already put aside says nothing about the one that came after it.
            spent = not self._closing and self._kafka.peek() is not producer
            if self._broken is None and not spent:
                self._broken = reason
                _stop(producer)
            else:
                reason = Aborted(f"behind a record that failed: {self._broken or reason}")
        done(reason)


def _stop(producer: KafkaProducer) -> None:
    """Fail all that is queued, and send no more."""
    producer._sender.force_close()  # noqa: SLF001 - no public way spares the flush; the version is pinned
