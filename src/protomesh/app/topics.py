"""The topics of the events policy, made where they are missing; tried again until the broker is there."""

import logging
import threading
from collections.abc import Mapping, Sequence

from protomesh.broker import Broker, TopicSpec
from protomesh.clock import Clock
from protomesh.errors import MeshError
from protomesh.policy import Topic

RETRY_SECONDS = 0.5


class TopicKeeper:
    """Creates topics from a thread of its own, so that a broker that is away delays nobody's start."""

    def __init__(
        self, broker: Broker, topics: Mapping[str, Topic], clock: Clock, log: logging.Logger
    ) -> None:
        self._broker = broker
        self._topics = topics_of(topics)
        self._clock = clock
        self._log = log

    def start(self, stopping: threading.Event) -> None:
        """Create the topics, and end; or end when `stopping` is set."""
        threading.Thread(target=self._run, args=(stopping,), name="topics", daemon=True).start()

    def _run(self, stopping: threading.Event) -> None:
        admin = self._broker.admin()
        while not stopping.is_set():
            try:
                admin.create(self._topics)
            except MeshError as error:
                self._log.warning("topics cannot be made yet: %s", error)
                self._clock.sleep(RETRY_SECONDS, stopping)
            else:
                break
        admin.close()


def topics_of(topics: Mapping[str, Topic]) -> Sequence[TopicSpec]:
    """A policy's topics as Kafka wants them."""
    return [
        TopicSpec(
            name, topic.partitions, {"retention.ms": str(topic.retention_ms)} if topic.retention_ms else {}
        )
        for name, topic in topics.items()
    ]
