"""The JSON event format of CloudEvents 1.0.2, read with the SDK: structured records, and event files."""

import json
from datetime import datetime
from typing import Any, Final

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent

from protomesh.envelope.event import JSON, UNKNOWN_TIME, CloudEvent, in_utc, normal_content_type
from protomesh.errors import InvalidArgument

MEDIA_TYPE: Final = "application/cloudevents+json"


def from_json(text: bytes | str, *, key: str = "") -> CloudEvent:
    """The event of a JSON object; `key` goes before its partitionkey. Raises InvalidArgument."""
    try:
        event = JSONFormat().read(_sdk_event, text)
    except InvalidArgument:
        raise
    except Exception as error:  # of bad input the SDK lets TypeError, AttributeError and more through
        raise InvalidArgument(f"event: not a CloudEvent in JSON: {error}") from error
    attributes: dict[str, Any] = event.get_attributes()
    content_type = normal_content_type(_text(attributes, "datacontenttype") or JSON)
    return CloudEvent(
        id=_text(attributes, "id"),
        source=_text(attributes, "source"),
        type=_text(attributes, "type"),
        subject=_text(attributes, "subject"),
        time=in_utc(_time(attributes)),
        data=_data(event.get_data(), content_type),
        content_type=content_type,
        dataschema=_text(attributes, "dataschema"),
        key=key or _text(attributes, "partitionkey"),
        traceparent=_text(attributes, "traceparent"),
        causation_id=_text(attributes, "causationid"),
        correlation_id=_text(attributes, "correlationid"),
    )


def _sdk_event(attributes: dict[str, Any], data: Any) -> Any:
    """The SDK makes up an id, a version and the present time where they are missing; we do not."""
    missing = [name for name in ("id", "specversion") if name not in attributes]
    if missing:
        raise InvalidArgument(f"event: {' and '.join(missing)} missing")
    attributes.setdefault("time", UNKNOWN_TIME)
    return SdkEvent(attributes, data)


def _time(attributes: dict[str, Any]) -> datetime:
    time = attributes["time"]
    assert isinstance(time, datetime)  # noqa: S101 - the SDK has checked it; this tells the type checker
    return time


def _text(attributes: dict[str, Any], name: str) -> str:
    value = attributes.get(name, "")
    if not isinstance(value, str):
        raise InvalidArgument(f"event: {name} is not a string: {value!r:.40}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"event: {name} holds half a surrogate pair: {value!r:.40}") from None
    return value


def _data(data: Any, content_type: str) -> bytes:
    """`data_base64` comes as bytes, `data` as the JSON value that it is."""
    if isinstance(data, bytes):
        return data
    if data is None:
        return b""
    if content_type != JSON:
        raise InvalidArgument(f"event: data of {content_type} must stand in data_base64")
    return json.dumps(data).encode()
