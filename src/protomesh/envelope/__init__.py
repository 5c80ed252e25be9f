"""CloudEvents 1.0: what travels beside a message, in and out of Kafka records and JSON files."""

from protomesh.envelope.data import decode
from protomesh.envelope.event import JSON, PROTOBUF, CloudEvent
from protomesh.envelope.ids import derived_id, new_event_id
from protomesh.envelope.kafka import from_kafka, to_kafka
from protomesh.envelope.structured import from_json
from protomesh.envelope.trace import child_of, new_traceparent

__all__ = [
    "JSON",
    "PROTOBUF",
    "CloudEvent",
    "child_of",
    "decode",
    "derived_id",
    "from_json",
    "from_kafka",
    "new_event_id",
    "new_traceparent",
    "to_kafka",
]
