"""The topics of the events policy, made as soon as there is a broker."""

import logging
import threading
from collections.abc import Mapping

from protomesh.app.topics import TopicKeeper, topics_of
from protomesh.policy import Topic, load_topics
from protomesh.testing import FakeClock, MemoryBroker, eventually

POLICY = b'{"topics": {"users": {"partitions": 12, "retention": "7d"}, "audit": {}}}'


def declared() -> Mapping[str, Topic]:
    return load_topics(POLICY)


def test_topics_as_kafka_wants_them() -> None:
    audit, users = sorted(topics_of(declared()), key=lambda topic: topic.name)
    assert (users.name, users.partitions, users.config) == ("users", 12, {"retention.ms": "604800000"})
    assert (audit.name, audit.partitions, audit.config) == ("audit", 1, {})


def test_they_are_made_where_they_are_missing() -> None:
    broker = MemoryBroker()
    keeper = TopicKeeper(broker, declared(), FakeClock(), logging.getLogger("topics"))
    for _ in range(2):
        keeper.start(threading.Event())
        eventually(lambda: broker.admin().topics() == {"users": 12, "audit": 1})


def test_a_broker_that_is_away_is_waited_for() -> None:
    broker, clock = MemoryBroker(), FakeClock()
    broker.go_away()
    TopicKeeper(broker, declared(), clock, logging.getLogger("topics")).start(threading.Event())
    clock.advance(60)
    broker.come_back()

    def made() -> bool:
        clock.advance(1)
        return set(broker.admin().topics()) == {"users", "audit"}

    eventually(made)


def test_a_stop_ends_the_waiting() -> None:
    broker, stopping = MemoryBroker(), threading.Event()
    broker.go_away()
    before = threading.active_count()
    TopicKeeper(broker, declared(), FakeClock(), logging.getLogger("topics")).start(stopping)
    stopping.set()
    eventually(lambda: threading.active_count() <= before)
