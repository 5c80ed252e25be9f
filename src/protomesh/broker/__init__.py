"""Kafka, seen through small ports.

The adapters are imported by name where they are chosen: `protomesh.broker.kafka_python` (the client) and
`protomesh.broker.embedded` (a broker for a bare machine).
"""

from protomesh.broker.partitioner import murmur2, partition_for
from protomesh.broker.port import (
    Acknowledged,
    Admin,
    Broker,
    Consumer,
    Damaged,
    Headers,
    Lag,
    Message,
    OnPartitions,
    Partition,
    Producer,
    Record,
    Tail,
    TopicSpec,
)

__all__ = [
    "Acknowledged",
    "Admin",
    "Broker",
    "Consumer",
    "Damaged",
    "Headers",
    "Lag",
    "Message",
    "OnPartitions",
    "Partition",
    "Producer",
    "Record",
    "Tail",
    "TopicSpec",
    "murmur2",
    "partition_for",
]
