"""Topics through the admin port."""

from contextlib import ExitStack, closing

import pytest

from protomesh.broker import Broker, Message, Tail, TopicSpec
from protomesh.errors import InvalidArgument, NotFound
from tests.conformance.broker.backend import until
from tests.conformance.broker.clients import new_topic, read, send_all


def test_creating_twice_leaves_the_first(broker: Broker, cleanup: ExitStack) -> None:
    admin = cleanup.enter_context(closing(broker.admin()))
    admin.ping()
    topic = new_topic(broker, partitions=3)
    admin.create([TopicSpec(topic, partitions=9), TopicSpec(f"{topic}-b", partitions=2)])
    topics = admin.topics()
    assert topics[topic] == 3
    assert topics[f"{topic}-b"] == 2
    admin.create([])


def test_what_kafka_would_not_take_is_refused(broker: Broker, cleanup: ExitStack) -> None:
    admin = cleanup.enter_context(closing(broker.admin()))
    for spec in (TopicSpec("no spaces"), TopicSpec("zero", partitions=0), TopicSpec("x" * 250)):
        with pytest.raises(InvalidArgument):
            admin.create([spec])
    with pytest.raises(InvalidArgument):
        admin.create([TopicSpec("bad-number", config={"retention.ms": "soon"})])


def test_a_deleted_topic_comes_back_empty(broker: Broker, cleanup: ExitStack) -> None:
    admin = cleanup.enter_context(closing(broker.admin()))
    topic = new_topic(broker)
    with closing(broker.producer()) as producer:
        send_all(producer, [Message(topic, b"k", b"old")])
    admin.delete([topic])
    until(lambda: topic not in admin.topics(), "the topic is gone")
    with pytest.raises(NotFound):
        admin.delete([topic])
    admin.create([TopicSpec(topic)])
    with closing(broker.producer()) as producer:
        send_all(producer, [Message(topic, b"k", b"new")])
    (record,) = read(cleanup.enter_context(closing(broker.reader(Tail((topic,), beginning=True)))), 1)
    assert (record.offset, record.value) == (0, b"new")
