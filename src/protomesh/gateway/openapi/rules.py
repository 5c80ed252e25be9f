"""The rules of `buf.validate` as keywords of JSON Schema (2020-12, "Validation").

What has no keyword is told in words, by `words`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldOptions

from protomesh.gateway.objects import Object
from protomesh.gateway.openapi.numbers import long_number, number
from protomesh.gateway.openapi.shape import enum_of, is_long, is_map, message_of
from protomesh.gateway.openapi.texts import text
from protomesh_pb.buf.validate import validate_pb2

IGNORE_ZERO = validate_pb2.IGNORE_IF_ZERO_VALUE
IGNORE_ALWAYS = validate_pb2.IGNORE_ALWAYS

LONG = ("int64", "uint64", "sint64", "fixed64", "sfixed64")
SHORT = ("float", "double", "int32", "uint32", "sint32", "fixed32", "sfixed32")


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """(buf.validate.field) of a field; empty rules where there are none, or none that count."""
    options = FieldOptions.FromString(field.GetOptions().SerializeToString())
    rules = options.Extensions[validate_pb2.field]
    return validate_pb2.FieldRules() if rules.ignore == IGNORE_ALWAYS else rules


def keywords(rules: validate_pb2.FieldRules, field: FieldDescriptor) -> Object:
    """The keywords beside a field's type."""
    kind = rules.WhichOneof("type") or ""
    found = KINDS[kind](getattr(rules, kind), field) if kind in KINDS else {}
    if rules.required and not field.has_presence:
        found = {**_not_zero(field), **found}
    if rules.ignore != IGNORE_ZERO or not found or field.has_presence:
        return found
    return {"anyOf": [_zero(field), found]}


def words(rules: validate_pb2.FieldRules) -> Iterator[str]:
    """Sentences about the rules that no keyword can say."""
    yield from (f"Rule: {rule.message or rule.expression}." for rule in rules.cel)
    yield from (f"Rule: {expression}." for expression in rules.cel_expression)
    kind = rules.WhichOneof("type") or ""
    told = {*LONG, "bytes", "duration", "timestamp", "any", "field_mask"}
    if kind in told:
        held = getattr(rules, kind)
        yield from (f"Rule: {each.name} {_shown(value)}." for each, value in held.ListFields())


def _shown(value: Any) -> str:
    if hasattr(value, "ToJsonString"):
        return str(value.ToJsonString())
    return ", ".join(map(str, value)) if hasattr(value, "__len__") else str(value).lower()


def _repeated(rules: validate_pb2.RepeatedRules, field: FieldDescriptor) -> Object:
    found: Object = {}
    if rules.HasField("min_items"):
        found["minItems"] = rules.min_items
    if rules.HasField("max_items"):
        found["maxItems"] = rules.max_items
    if rules.unique:
        found["uniqueItems"] = True
    items = _inner(rules.items, field)
    return {**found, "items": items} if items else found


def _map(rules: validate_pb2.MapRules, field: FieldDescriptor) -> Object:
    found: Object = {}
    if rules.HasField("min_pairs"):
        found["minProperties"] = rules.min_pairs
    if rules.HasField("max_pairs"):
        found["maxProperties"] = rules.max_pairs
    entry = message_of(field).fields_by_name
    keys, values = _inner(rules.keys, entry["key"]), _inner(rules.values, entry["value"])
    if keys:
        found["propertyNames"] = keys
    return {**found, "additionalProperties": values} if values else found


def _inner(rules: validate_pb2.FieldRules, field: FieldDescriptor) -> Object:
    kind = rules.WhichOneof("type") or ""
    return KINDS[kind](getattr(rules, kind), field) if kind in KINDS else {}


def _enum(rules: validate_pb2.EnumRules, field: FieldDescriptor) -> Object:
    """By name; a value that the enum does not know has none."""
    names = {value.number: value.name for value in enum_of(field).values}
    found: Object = {}
    if rules.HasField("const"):
        found["const"] = names.get(rules.const, "")
    if getattr(rules, "in"):
        found["enum"] = [names[each] for each in getattr(rules, "in") if each in names]
    if rules.not_in:
        found["not"] = {"enum": [names[each] for each in rules.not_in if each in names]}
    return found


def _bool(rules: validate_pb2.BoolRules, _field: FieldDescriptor) -> Object:
    return {"const": rules.const} if rules.HasField("const") else {}


def _not_zero(field: FieldDescriptor) -> Object:
    """`required` of a field that cannot be told from its zero: it is another value."""
    if field.is_repeated:
        return {"minProperties": 1} if is_map(field) else {"minItems": 1}
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return {"minLength": 1}
    return {"not": _zero(field)}


def _zero(field: FieldDescriptor) -> Object:
    if field.is_repeated:
        return {"maxItems": 0}
    if field.enum_type is not None:
        return {"const": field.enum_type.values_by_number[0].name}
    if field.type == FieldDescriptor.TYPE_BYTES:
        return {"const": ""}
    return {"const": "0" if is_long(field) else field.default_value}


KINDS: Mapping[str, Callable[[Any, FieldDescriptor], Object]] = {
    **dict.fromkeys(SHORT, lambda rules, _field: number(rules)),
    **dict.fromkeys(LONG, lambda rules, _field: long_number(rules)),
    "string": lambda rules, _field: text(rules),
    "bool": _bool,
    "enum": _enum,
    "repeated": _repeated,
    "map": _map,
}
