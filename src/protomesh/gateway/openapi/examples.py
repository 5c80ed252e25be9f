"""Values that a reader can copy: made from types, names and rules, never from data."""

import re
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.choices import choices
from protomesh.gateway.openapi.fields import behaves
from protomesh.gateway.openapi.rules import rules_of
from protomesh.gateway.openapi.shape import enum_of, is_long, is_map, map_value, message_of
from protomesh.gateway.openapi.types import EXAMPLES
from protomesh_pb.buf.validate import validate_pb2

DEEPEST = 4
"""Messages in messages: a message may hold itself."""

FORMATS = {
    "email": "ann@mail.example", "hostname": "www.shop.example", "ip": "192.0.2.1", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "uri": "https://shop.example/", "uri_ref": "/path", "address": "www.shop.example",
    "uuid": "0188a5eb-5a4e-7d4c-9c3b-0c8f1d2e3f40", "tuuid": "0188a5eb5a4e7d4c9c3b0c8f1d2e3f40",
    "ulid": "01H2JXPPJEFMP1R0X91SN2W000",
}  # fmt: skip


def message_example(
    message: Descriptor, *, request: bool, without: frozenset[str] = frozenset(), depth: int = 0
) -> Object:
    """An object with all fields, of each oneof the first; in a request without what only an answer holds."""
    later = {field for choice in choices(message) for field in choice.fields[1:]}
    found: Object = {}
    for field in message.fields:
        taken = request and behaves(field, field_behavior_pb2.OUTPUT_ONLY)
        if field.name in without or taken or field in later:
            continue
        value = field_example(field, request=request, depth=depth)
        if value is not None:
            found[field.json_name] = value
    return found


def field_example(field: FieldDescriptor, *, request: bool, depth: int = 0) -> Json:
    """A value of the field; None where none comes to mind that keeps its rules."""
    rules = rules_of(field)
    if is_map(field):
        key, value = message_of(field).fields_by_name["key"], map_value(field)
        name = _single(key, rules.map.keys, request=request, depth=depth)
        held = _single(value, rules.map.values, request=request, depth=depth)
        return None if name is None or held is None else {str(name): held}
    if field.is_repeated:
        item = _single(field, rules.repeated.items, request=request, depth=depth)
        return [item] if item is not None and rules.repeated.min_items <= 1 else None
    return _single(field, rules, request=request, depth=depth)


def _single(field: FieldDescriptor, rules: validate_pb2.FieldRules, *, request: bool, depth: int) -> Json:
    if field.message_type is not None:
        if field.message_type.full_name in EXAMPLES:
            return EXAMPLES[field.message_type.full_name]
        any_or_deep = field.message_type.full_name == "google.protobuf.Any" or depth >= DEEPEST
        return None if any_or_deep else message_example(field.message_type, request=request, depth=depth + 1)
    given = _given(rules)
    if field.enum_type is not None:
        return _enum(enum_of(field), given, rules.enum)
    if given is not None and not isinstance(given, bytes):
        return str(given) if is_long(field) else given
    return _scalar(field, rules)


def _enum(enum: EnumDescriptor, given: Any, rules: validate_pb2.EnumRules) -> Json:
    """The first value that says something and is allowed."""
    numbers = [given] if given is not None else [*(each.number for each in enum.values[1:]), 0]
    allowed = [number for number in numbers if number not in rules.not_in]
    return enum.values_by_number[allowed[0]].name if allowed else None


def _given(rules: validate_pb2.FieldRules) -> Any:
    """(buf.validate.field).TYPE.example, or the one value that is allowed."""
    kind = rules.WhichOneof("type")
    held: Any = getattr(rules, kind) if kind else None
    if held is None or "example" not in held.DESCRIPTOR.fields_by_name:
        return None
    if held.HasField("const"):
        return held.const
    listed = [*held.example, *getattr(held, "in", ())]
    return listed[0] if listed else None


def _scalar(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Json:
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "AQI="
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text(field.name, rules.string)
    kind = rules.WhichOneof("type")
    number = _number(getattr(rules, kind)) if kind else 1
    return str(number) if is_long(field) else number


def _number(rules: Any) -> Json:
    """1, or the nearest that is allowed."""
    least = rules.gte if rules.HasField("gte") else rules.gt + 1 if rules.HasField("gt") else 1
    most = rules.lte if rules.HasField("lte") else rules.lt - 1 if rules.HasField("lt") else max(least, 1)
    nearest: int | float = max(least, min(1, most))
    return nearest


def _text(name: str, rules: validate_pb2.StringRules) -> Json:
    """The field's own name as a value, in the first spelling that keeps the rules."""
    known = rules.WhichOneof("well_known") or ""
    plain = name.replace("_", "-")
    spellings = (FORMATS.get(known, ""), *(() if known else (f"{plain}-1", plain, "a1", "A1", "AAA", "1")))
    return next(
        (each for each in (_padded(each, rules) for each in spellings) if each and _keeps(each, rules)), None
    )


def _padded(value: str, rules: validate_pb2.StringRules) -> str:
    least = max(rules.min_len, rules.len, rules.min_bytes, rules.len_bytes)
    return value and f"{rules.prefix}{value.ljust(least, 'x')}{rules.suffix}"


def _keeps(value: str, rules: validate_pb2.StringRules) -> bool:
    try:
        matches = re.search(rules.pattern, value) is not None
    except re.error:
        return False
    most = min((each for each in (rules.max_len, rules.len, rules.max_bytes) if each), default=len(value))
    return matches and len(value) <= most and rules.contains in value
