"""The event as a plain record."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protomesh.errors import InvalidArgument

PROTOBUF: Final = "application/protobuf"
JSON: Final = "application/json"
UNKNOWN_TIME: Final = datetime.fromtimestamp(0, UTC)
"""The time of an event whose producer left out that optional attribute."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An occurrence and its message. `source` and `id` together name it, however often it is delivered."""

    id: str
    source: str
    """`//users`: the service that emitted it."""
    type: str
    """`shop.users.user.created.v1`"""
    subject: str
    """The path of the resource that it is about; may be empty."""
    time: datetime
    """In UTC."""
    data: bytes
    """The message, in the form that `content_type` names."""
    content_type: str
    """`application/protobuf` or `application/json`."""
    dataschema: str
    """The message's full name, `shop.users.v1.User`; empty when a foreign producer does not tell."""
    key: str
    """Events of one key keep their order."""
    traceparent: str = ""
    causation_id: str = ""
    """The id of the event that led to this one."""
    correlation_id: str = ""


def normal_content_type(value: str) -> str:
    """One of the two that we read. Raises InvalidArgument for any other.

    `application/x-protobuf` and any `+json` suffix (RFC 6839, section 3.1) are accepted; parameters are
    passed over.
    """
    media = value.partition(";")[0].strip().lower()
    if media in {PROTOBUF, "application/x-protobuf"}:
        return PROTOBUF
    if media in {JSON, "text/json"} or media.endswith("+json"):
        return JSON
    raise InvalidArgument(f"event: content type {value!r} is neither {PROTOBUF} nor {JSON}")


def parse_time(value: str) -> datetime:
    """RFC 3339 into UTC. Raises InvalidArgument."""
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidArgument(f"event: time {value!r} is not RFC 3339") from None
    return in_utc(time)


def in_utc(time: datetime) -> datetime:
    """The same moment in UTC. Raises InvalidArgument when it has no zone, or none that UTC can express."""
    if time.tzinfo is UTC:
        return time
    if time.tzinfo is None:
        raise InvalidArgument(f"event: time {time.isoformat()!r} has no time zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise InvalidArgument(f"event: time {time.isoformat()!r} is out of range") from None
