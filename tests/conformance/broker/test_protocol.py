"""What operators and other tools use, asked by kafka-python's own clients."""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from protomesh.broker import Broker
from protomesh.broker.kafka_python.rejoin import keep_finished_joins
from tests.conformance.broker.backend import PATIENCE, TUNING, Backend, until
from tests.conformance.broker.clients import new_group, new_topic


@pytest.fixture
def admin(shared_backend: Backend) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(**TUNING.common(shared_backend.address))) as client:
        yield client


@pytest.fixture
def consumer(shared_backend: Backend) -> Iterator[KafkaConsumer]:
    with closing(KafkaConsumer(**TUNING.consumer(shared_backend.address, new_group()))) as client:
        yield client


def _write(backend: Backend, topic: str, count: int, **settings: object) -> None:
    with closing(KafkaProducer(**(TUNING.producer(backend.address) | settings))) as producer:
        for n in range(count):
            producer.send(topic, value=str(n).encode(), key=b"k", timestamp_ms=1_900_000_000_000 + n * 1000)
        producer.flush(PATIENCE)


def _values(consumer: KafkaConsumer, at: TopicPartition, count: int) -> list[bytes]:
    consumer.assign([at])
    consumer.seek_to_beginning(at)
    found: list[bytes] = []

    def enough() -> bool:
        for records in consumer.poll(timeout_ms=200).values():
            found.extend(record.value for record in records)
        return len(found) >= count

    until(enough, f"{count} records")
    return found


def test_seek_by_time(broker: Broker, shared_backend: Backend, consumer: KafkaConsumer) -> None:
    at = TopicPartition(new_topic(broker), 0)
    _write(shared_backend, at.topic, 10)
    found = consumer.offsets_for_times({at: 1_900_000_004_500})
    assert (found[at].offset, found[at].timestamp) == (5, 1_900_000_005_000)
    assert consumer.offsets_for_times({at: 1_900_000_010_000})[at] is None
    assert consumer.end_offsets([at]) == {at: 10}


@pytest.mark.parametrize("acks", [0, 1, "all"])
def test_acks(broker: Broker, shared_backend: Backend, consumer: KafkaConsumer, acks: object) -> None:
    at = TopicPartition(new_topic(broker), 0)
    _write(shared_backend, at.topic, 20, acks=acks, enable_idempotence=acks == "all")
    assert _values(consumer, at, 20) == [str(n).encode() for n in range(20)]


def test_compressed_batches(broker: Broker, shared_backend: Backend, consumer: KafkaConsumer) -> None:
    at = TopicPartition(new_topic(broker), 0)
    _write(shared_backend, at.topic, 50, compression_type="gzip", linger_ms=50)
    assert _values(consumer, at, 50) == [str(n).encode() for n in range(50)]
    found = consumer.offsets_for_times({at: 1_900_000_030_000})
    assert found[at].offset == 30


def test_delete_records(
    broker: Broker, shared_backend: Backend, admin: KafkaAdminClient, consumer: KafkaConsumer
) -> None:
    at = TopicPartition(new_topic(broker), 0)
    _write(shared_backend, at.topic, 10)
    admin.delete_records({at: 4})
    assert consumer.beginning_offsets([at]) == {at: 4}
    assert _values(consumer, at, 6) == [str(n).encode() for n in range(4, 10)]


def test_more_partitions(broker: Broker, admin: KafkaAdminClient) -> None:
    topic = new_topic(broker, partitions=2)
    admin.create_partitions({topic: 5})
    until(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 5, "five partitions")
    with pytest.raises(KafkaError):
        admin.create_partitions({topic: 3})


def test_topic_settings(broker: Broker, admin: KafkaAdminClient) -> None:
    topic = new_topic(broker, retention_ms="12345")
    assert _setting(admin, topic, "retention.ms") == "12345"
    assert _setting(admin, topic, "cleanup.policy") == "delete"
    admin.alter_configs([ConfigResource("topic", topic, {"max.message.bytes": "2000"})])
    until(lambda: _setting(admin, topic, "max.message.bytes") == "2000", "the new setting")
    assert _setting(admin, topic, "retention.ms") == "12345"


def _setting(admin: KafkaAdminClient, topic: str, name: str) -> str:
    described = admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")
    return str(described["topic"][topic][name]["value"])


def test_groups_can_be_looked_at_and_deleted(
    broker: Broker, admin: KafkaAdminClient, shared_backend: Backend, cleanup: ExitStack
) -> None:
    topic, group = new_topic(broker), new_group()
    at = TopicPartition(topic, 0)
    member = keep_finished_joins(KafkaConsumer(topic, **TUNING.consumer(shared_backend.address, group)))
    cleanup.callback(member.close)
    until(lambda: bool(member.poll(timeout_ms=50) or member.assignment()), "the member joined")
    member.commit({at: OffsetAndMetadata(3, "kept", -1)})
    # The client gives two questions one answer: its own, asked when it joined, may still be under way.
    until(lambda: member.committed(at, metadata=True) == OffsetAndMetadata(3, "kept", -1), "it is committed")
    assert group in {each["group_id"] for each in admin.list_groups()}
    described = admin.describe_groups([group])[group]
    assert described["group_state"] == "Stable"
    assert len(described["members"]) == 1
    assert admin.delete_groups([group]) == {group: "NonEmptyGroupError"}
    member.close()
    assert admin.delete_groups([group]) == {group: "OK"}
    assert group not in {each["group_id"] for each in admin.list_groups()}


def test_a_static_member_comes_back_without_a_rebalance(
    broker: Broker, shared_backend: Backend, cleanup: ExitStack
) -> None:
    topic, group = new_topic(broker, partitions=2), new_group()
    settings = TUNING.consumer(shared_backend.address, group)
    first = keep_finished_joins(KafkaConsumer(topic, **settings, group_instance_id="one"))
    second = keep_finished_joins(KafkaConsumer(topic, **settings, group_instance_id="two"))
    cleanup.callback(second.close)
    members = [first, second]

    def shared() -> bool:
        for member in members:
            member.poll(timeout_ms=50)
        return [len(member.assignment()) for member in members] == [1, 1]

    until(shared, "both have one")
    held = first.assignment()
    generation = second.group_metadata().generation_id
    first.close()
    members[0] = keep_finished_joins(KafkaConsumer(topic, **settings, group_instance_id="one"))
    cleanup.callback(members[0].close)
    until(shared, "both have one again")
    assert members[0].assignment() == held
    assert second.group_metadata().generation_id == generation


def test_bytes_that_are_no_request_end_the_connection_and_nothing_else(
    broker: Broker, shared_backend: Backend, cleanup: ExitStack
) -> None:
    host, _, port = shared_backend.address.rpartition(":")
    for garbage in (
        b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n",
        struct.pack(">i", 2**31 - 1),
        struct.pack(">i", -5),
        struct.pack(">ihhih", 10, 999, 0, 1, -1),
        struct.pack(">ihhih", 10, 3, 99, 1, -1),
        struct.pack(">ihhih", 14, 11, 0, 1, -1) + b"\xff" * 4,
    ):
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as sock:
            sock.sendall(garbage)
            assert sock.recv(1000) == b"", f"{garbage!r} was answered"
    admin = cleanup.enter_context(closing(broker.admin()))
    admin.ping()
