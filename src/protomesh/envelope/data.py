"""An event's bytes as the message that they are."""

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from protomesh.contract import Contract
from protomesh.envelope.event import JSON, CloudEvent
from protomesh.errors import InvalidArgument


def decode(event: CloudEvent, contract: Contract, *, otherwise: str = "") -> Message:
    """The event's message. Fields that the contract does not know yet are passed over.

    `otherwise` names the message of an event that carries no dataschema. Raises InvalidArgument.
    """
    name = event.dataschema.rpartition("/")[2] or otherwise
    if not name:
        raise InvalidArgument(f"event {event.id}: no dataschema, so nothing says what message it carries")
    try:
        message = contract.message(name)()
    except KeyError:
        raise InvalidArgument(f"event {event.id}: the contract has no message {name!r}") from None
    try:
        return _parsed(event, message)
    except (DecodeError, json_format.Error, ValueError, TypeError, RecursionError) as error:
        raise InvalidArgument(
            f"event {event.id}: data is no {name} in {event.content_type}: {error}"
        ) from error


def _parsed(event: CloudEvent, message: Message) -> Message:
    if event.content_type == JSON:
        if event.data:
            # The parser takes a list for a message without fields; of Google's own types some are lists.
            if (
                not event.data.lstrip().startswith(b"{")
                and message.DESCRIPTOR.file.package != "google.protobuf"
            ):
                raise InvalidArgument(f"event {event.id}: data is no JSON object")
            json_format.Parse(event.data, message, ignore_unknown_fields=True)
    else:
        message.ParseFromString(event.data)
    return message
