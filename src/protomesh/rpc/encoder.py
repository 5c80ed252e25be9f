"""Emissions as they will stand on the topic: CloudEvents with id, source, time and trace."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from google.protobuf import json_format
from google.protobuf.message import Message

from protomesh.clock import Clock
from protomesh.context import Origin
from protomesh.envelope import JSON, PROTOBUF, CloudEvent, new_event_id, to_kafka
from protomesh.errors import Internal, InvalidArgument
from protomesh.store import PendingEvent

LARGEST = 1_000_000
"""Bytes of key, value and headers. Kafka's own limit is that of a topic's `max.message.bytes`, 1,048,588 by
default, for a whole batch of records: what is added around a single one fits in between."""


class Emitted(Protocol):
    """An event as a policy or a handler asks for it."""

    @property
    def topic(self) -> str:
        """Where it goes."""
        ...

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        ...

    @property
    def key(self) -> str:
        """Events of one key keep their order."""
        ...

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def data(self) -> Message:
        """What it says."""
        ...


class Encoder:
    """Encodes the events of one service. `formats` maps every declared topic to `protobuf` or `json`.

    `largest` is how many bytes an event may have: one that Kafka refuses would hold up all events behind it.
    """

    def __init__(
        self, service: str, formats: Mapping[str, str], clock: Clock, *, largest: int = LARGEST
    ) -> None:
        self._source = f"//{service}"
        self._formats = formats
        self._clock = clock
        self._largest = largest

    def encode(self, emission: Emitted, origin: Origin) -> PendingEvent:
        """The event's final form.

        Raises Internal for a topic that the events policy does not declare, InvalidArgument for an event that
        is too large.
        """
        form = self._formats.get(emission.topic)
        if form is None:
            raise Internal(f"topic {emission.topic} is not declared in the events policy")
        event = CloudEvent(
            id=new_event_id(),
            source=self._source,
            type=emission.type,
            subject=emission.subject,
            time=datetime.fromtimestamp(self._clock.now(), UTC),
            data=_json(emission.data) if form == "json" else emission.data.SerializeToString(),
            content_type=JSON if form == "json" else PROTOBUF,
            dataschema=emission.data.DESCRIPTOR.full_name,
            key=emission.key,
            traceparent=origin.traceparent,
            causation_id=origin.causation_id,
            correlation_id=origin.correlation_id,
        )
        key, value, headers = to_kafka(event)
        size = len(key) + len(value) + sum(len(name) + len(content) for name, content in headers)
        if size > self._largest:
            raise InvalidArgument(
                f"the event for topic {emission.topic} has {size} bytes, more than {self._largest}"
            )
        return PendingEvent(event.id, emission.topic, key, value, headers)


def _json(message: Message) -> bytes:
    return json_format.MessageToJson(message, always_print_fields_with_no_presence=True, indent=None).encode()
