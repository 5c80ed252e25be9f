"""A field as a schema: its type, its rules, its behaviour and what its comment says."""

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldOptions

from protomesh.gateway.objects import Object
from protomesh.gateway.openapi.rules import keywords, rules_of, words
from protomesh.gateway.openapi.shape import is_map, map_value
from protomesh.gateway.openapi.source import Source
from protomesh.gateway.openapi.types import SCALARS, WELL_KNOWN

BEHAVIOUR: dict[int, Object] = {
    field_behavior_pb2.OUTPUT_ONLY: {"readOnly": True},
    field_behavior_pb2.INPUT_ONLY: {"writeOnly": True},
}


def reference(name: str) -> Object:
    """The schema of a message or an enum, by its full name."""
    return {"$ref": f"#/components/schemas/{name}"}


def field_schema(source: Source, field: FieldDescriptor) -> Object:
    """The schema of a property or a parameter."""
    rules = rules_of(field)
    told = [source.comment(field.full_name), *words(rules)]
    description = " ".join(each for each in told if each)
    return {
        **_shape(field, keywords(rules, field)),
        **_behaviour(field),
        **({"description": description} if description else {}),
    }


def behaves(field: FieldDescriptor, behaviour: int) -> bool:
    """Whether (google.api.field_behavior) says so."""
    return behaviour in _behaviours(field)


def _shape(field: FieldDescriptor, rules: Object) -> Object:
    if is_map(field):
        return {
            "type": "object",
            **rules,
            "additionalProperties": _with(_single(map_value(field)), rules, "additionalProperties"),
        }
    if field.is_repeated:
        return {"type": "array", **rules, "items": _with(_single(field), rules, "items")}
    return {**_single(field), **rules}


def _with(schema: Object, rules: Object, name: str) -> Object:
    inner = rules.get(name)
    return {**schema, **inner} if isinstance(inner, dict) else schema


def _single(field: FieldDescriptor) -> Object:
    """One value of the field's type."""
    if field.message_type is not None:
        known = WELL_KNOWN.get(field.message_type.full_name)
        return reference(field.message_type.full_name) if known is None else dict(known)
    if field.enum_type is not None:
        name = field.enum_type.full_name
        return {"type": "null"} if name == "google.protobuf.NullValue" else reference(name)
    return dict(SCALARS[field.type])


def _behaviour(field: FieldDescriptor) -> Object:
    found: Object = {}
    for each in _behaviours(field):
        found.update(BEHAVIOUR.get(each, {}))
    return {**found, **({"deprecated": True} if field.GetOptions().deprecated else {})}


def _behaviours(field: FieldDescriptor) -> list[int]:
    options = FieldOptions.FromString(field.GetOptions().SerializeToString())
    return list(options.Extensions[field_behavior_pb2.field_behavior])
