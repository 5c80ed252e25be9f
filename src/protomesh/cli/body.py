"""The parts of a written request, its body and its query, as fields of a message."""

import json
from collections.abc import Iterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from protomesh.contract import nearest
from protomesh.errors import InvalidArgument

RAW: str = HttpBody.DESCRIPTOR.full_name
WORDS = {"true": True, "false": False}


def fill_body(text: str, message: Message, field: str = "") -> None:
    """Take a body as the whole message, or as one field of it. Raises InvalidArgument."""
    whole_type: Any = message.DESCRIPTOR
    into: Descriptor = whole_type
    if field:
        of = into.fields_by_name[field]
        if of.message_type is not None and of.message_type.full_name == RAW:
            getattr(message, field).data = text.encode()
            return
        into = of.message_type or into
    value = _json(text, into.full_name)
    whole = {field: value} if field else value
    if not isinstance(whole, dict):
        raise InvalidArgument(f"--body is no {into.full_name}: write an object, {{…}}")
    unknown = next(_unknown(whole, whole_type, ""), "")
    if unknown:
        raise InvalidArgument(f"--body is no {into.full_name}: {unknown}")
    try:
        json_format.ParseDict(whole, message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"--body is no {into.full_name}: {str(error).rstrip('.')}") from None


def fill_field(message: Message, name: str, value: str) -> None:
    """Take a path variable or a part of the query, `name` as `page_size`, `pageSize` or `user.id`."""
    whole: Any = message.DESCRIPTOR
    descriptor: Descriptor | None = whole
    found: FieldDescriptor | None = None
    parts = name.split(".")
    for part in parts:
        found = _field(descriptor, part) if descriptor is not None else None
        if found is None:
            near = nearest(part, _names(descriptor)) if descriptor is not None else ""
            raise InvalidArgument(f"{name}: no such field in {message.DESCRIPTOR.full_name}{near}")
        descriptor = found.message_type
    nested: Any = _typed(found, value) if found is not None else value
    for part in reversed(parts):
        nested = {part: nested}
    try:
        json_format.ParseDict(nested, addition := type(message)())
    except (json_format.ParseError, ValueError) as error:
        raise InvalidArgument(f"{name}: {error}") from None
    message.MergeFrom(addition)


def _typed(field: FieldDescriptor, value: str) -> object:
    """A text in the form that protobuf's JSON has for the field; a list grows by each of its values."""
    typed = WORDS.get(value, value) if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else value
    return [typed] if field.is_repeated else typed


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        why = f"not JSON: {error.msg} at {error.lineno}:{error.colno}"
    except RecursionError:
        why = "too deeply nested"
    except ValueError as error:
        why = str(error)
    raise InvalidArgument(f"--body is no {name}: {why}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    doubled = next((key for key in keys if keys.count(key) > 1), None)
    if doubled is not None:
        raise ValueError(f"the field '{doubled}' stands twice")
    return dict(pairs)


def _unknown(value: object, descriptor: Descriptor, at: str) -> Iterator[str]:
    """What names no field. Well-known types have JSON forms of their own."""
    if not isinstance(value, dict) or descriptor.full_name.startswith("google.protobuf."):
        return
    for key, inner in value.items():
        field = _field(descriptor, key)
        if field is None:
            yield f"unknown field '{at}{key}'{nearest(key, _names(descriptor))}"
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for each in inner if isinstance(inner, list) else [inner]:
                yield from _unknown(each, field.message_type, f"{at}{key}.")


def _field(descriptor: Descriptor, name: str) -> FieldDescriptor | None:
    return next((each for each in descriptor.fields if name in {each.name, each.json_name}), None)


def _names(descriptor: Descriptor) -> list[str]:
    return [each.name for each in descriptor.fields]
