"""The topics of the events policy, made as soon as there is a broker."""

import logging
import threading

from protomesh.app.topics import TopicKeeper, topics_of
from protomesh.contract import Contract
from protomesh.policy import EventsPolicy, load_events
from protomesh.testing import FakeClock, MemoryBroker, eventually

POLICY = b'{"topics": {"users": {"partitions": 12, "retention": "7d"}, "audit": {}}}'


def policy(contract: Contract) -> EventsPolicy:
    return load_events(POLICY, contract)


def test_topics_as_kafka_wants_them(shop_contract: Contract) -> None:
    audit, users = sorted(topics_of(policy(shop_contract)), key=lambda topic: topic.name)
    assert (users.name, users.partitions, users.config) == ("users", 12, {"retention.ms": "604800000"})
    assert (audit.name, audit.partitions, audit.config) == ("audit", 1, {})


def test_they_are_made_where_they_are_missing(shop_contract: Contract) -> None:
    broker = MemoryBroker()
    keeper = TopicKeeper(broker, policy(shop_contract), FakeClock(), logging.getLogger("topics"))
    for _ in range(2):
        keeper.start(threading.Event())
        eventually(lambda: broker.admin().topics() == {"users": 12, "audit": 1})


def test_a_broker_that_is_away_is_waited_for(shop_contract: Contract) -> None:
    broker, clock = MemoryBroker(), FakeClock()
    broker.go_away()
    TopicKeeper(broker, policy(shop_contract), clock, logging.getLogger("topics")).start(threading.Event())
    clock.advance(60)
    broker.come_back()

    def made() -> bool:
        clock.advance(1)
        return set(broker.admin().topics()) == {"users", "audit"}

    eventually(made)


def test_a_stop_ends_the_waiting(shop_contract: Contract) -> None:
    broker, stopping = MemoryBroker(), threading.Event()
    broker.go_away()
    before = threading.active_count()
    TopicKeeper(broker, policy(shop_contract), FakeClock(), logging.getLogger("topics")).start(stopping)
    stopping.set()
    eventually(lambda: threading.active_count() <= before)
