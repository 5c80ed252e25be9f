"""Messages and enums as schemas: `components/schemas`, by their full names."""

from collections.abc import Iterable

from google.protobuf.descriptor import Descriptor, EnumDescriptor

from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.choices import Choice, choices
from protomesh.gateway.openapi.fields import field_schema
from protomesh.gateway.openapi.shape import is_map, map_value
from protomesh.gateway.openapi.source import Source
from protomesh.gateway.openapi.types import WELL_KNOWN


def schemas(source: Source, roots: Iterable[str]) -> Object:
    """These messages and all that they hold, by name. Well-known types stand where they are used."""
    found: dict[str, Descriptor | EnumDescriptor] = {}
    for root in roots:
        _collect(source.contract.descriptor(root), found)
    return {name: _schema(source, found[name]) for name in sorted(found)}


def message_schema(source: Source, message: Descriptor, without: frozenset[str] = frozenset()) -> Object:
    """An object; `without` these fields, by their names in the .proto."""
    fields = [field for field in message.fields if field.name not in without]
    wanted = source.wanted(message.full_name)
    found: Object = {"type": "object"}
    comment = source.comment(message.full_name)
    if comment:
        found["description"] = comment
    if fields:
        found["properties"] = {field.json_name: field_schema(source, field) for field in fields}
    required: list[Json] = [field.json_name for field in fields if field.name in wanted]
    if required:
        found["required"] = required
    whole = [each for each in choices(message) if without.isdisjoint(field.name for field in each.fields)]
    return {**found, "allOf": [_one_of(each) for each in whole]} if whole else found


def _schema(source: Source, item: Descriptor | EnumDescriptor) -> Object:
    return message_schema(source, item) if isinstance(item, Descriptor) else _enum(source, item)


def _enum(source: Source, enum: EnumDescriptor) -> Object:
    """By name. What each value means is told in the description."""
    told = [source.comment(enum.full_name)]
    for value in enum.values:
        comment = source.comment(f"{enum.full_name}.{value.name}")
        told.extend([f"- `{value.name}`: {comment}"] if comment else [])
    description = "\n".join(each for each in told if each)
    found: Object = {"type": "string", "enum": [value.name for value in enum.values]}
    return {**found, "description": description} if description else found


def _one_of(choice: Choice) -> Object:
    each: list[Json] = [{"required": [field.json_name]} for field in choice.fields]
    return {"oneOf": each if choice.required else [*each, {"not": {"anyOf": each}}]}


def _collect(message: Descriptor, found: dict[str, Descriptor | EnumDescriptor]) -> None:
    if message.full_name in found or message.full_name in WELL_KNOWN:
        return
    found[message.full_name] = message
    for field in message.fields:
        held = map_value(field) if is_map(field) else field
        if held.message_type is not None:
            _collect(held.message_type, found)
        elif held.enum_type is not None and held.enum_type.full_name != "google.protobuf.NullValue":
            found[held.enum_type.full_name] = held.enum_type
