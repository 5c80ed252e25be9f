"""A record as a person or a script reads it."""

import json
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format

from protomesh.broker import Record
from protomesh.contract import Contract
from protomesh.envelope import decode, from_kafka
from protomesh.errors import InvalidArgument


def as_object(record: Record, contract: Contract) -> dict[str, Any]:
    """JSON values. A record that is no event of ours has `error` instead of `data`."""
    found: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": (record.key or b"").decode(errors="replace"),
    }
    try:
        event = from_kafka(record.key, record.value, record.headers)
        found |= {
            "id": event.id,
            "type": event.type,
            "source": event.source,
            "subject": event.subject,
            "time": event.time.isoformat().replace("+00:00", "Z"),
            "dataschema": event.dataschema,
            "traceparent": event.traceparent,
            "causationId": event.causation_id,
        }
        message = decode(event, contract)
        found["data"] = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
    except (InvalidArgument, TypeError) as error:
        found["error"] = str(error)
    return found


def as_text(found: dict[str, Any]) -> str:
    """One event on two lines: where and what, then its data."""
    when = datetime.fromtimestamp(found["timestamp"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    place = f"{found['topic']}/{found['partition']}@{found['offset']}"
    head = (
        f"{when}  {place}  {found.get('type', '(no event)')}  key={found['key']}  {found.get('subject', '')}"
    )
    body = found["error"] if "error" in found else json.dumps(found["data"], ensure_ascii=False)
    return f"{head.rstrip()}\n    {body}"
