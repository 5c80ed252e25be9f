"""Parameter objects: path variables, query parameters, and the headers of conditional requests."""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protomesh.gateway.exposure import Binding
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.fields import behaves, field_schema
from protomesh.gateway.openapi.shape import is_map, message_of
from protomesh.gateway.openapi.source import Source
from protomesh.gateway.openapi.types import AS_TEXT

OUTPUT_ONLY = 3
"""google/api/field_behavior.proto."""


def parameters(source: Source, binding: Binding) -> list[Json]:
    """All parameters of one binding: path first, then query."""
    request = source.contract.descriptor(binding.exposed.method.request)
    return [
        *(_path(source, request, variable) for variable in binding.http.variables),
        *(
            _query(source, name, field, required=required)
            for name, field, required in query_fields(source, binding)
        ),
    ]


def query_fields(source: Source, binding: Binding) -> Iterator[tuple[str, FieldDescriptor, bool]]:
    """Names and fields that a query can set, and whether they must be given: what path and body leave."""
    if binding.http.body == "*":
        return
    request = source.contract.descriptor(binding.exposed.method.request)
    taken = {
        *binding.http.variables,
        binding.http.body,
        *(("update_mask",) if binding.http.verb == "PUT" else ()),
    }
    wanted = source.wanted(request.full_name)
    for field in request.fields:
        for path, name, leaf in _leaves(field, (), ()):
            if path not in taken and field.name not in taken:
                yield name, leaf, field.name in wanted and leaf is field


def _leaves(
    field: FieldDescriptor, outer: tuple[str, ...], inside: tuple[Descriptor, ...]
) -> Iterator[tuple[str, str, FieldDescriptor]]:
    """`where.city_name` and `where.cityName` of each field that can be given a value or a list of them."""
    message = field.message_type
    if message is None or message.full_name in AS_TEXT:
        path = ".".join((*outer, field.name))
        yield path, ".".join((*(_camel(each) for each in outer), field.json_name)), field
    elif not (
        field.is_repeated
        or is_map(field)
        or message in inside
        or message.full_name.startswith("google.protobuf.")
    ):
        for each in message.fields:
            if not behaves(each, OUTPUT_ONLY):
                yield from _leaves(each, (*outer, field.name), (*inside, message))


def _path(source: Source, request: Descriptor, variable: str) -> Object:
    *outer, last = variable.split(".")
    message = request
    for segment in outer:
        message = message_of(message.fields_by_name[segment])
    described, schema = _described(source, message.fields_by_name[last])
    if schema.get("type") == "string" and "pattern" not in schema:
        schema.setdefault("minLength", 1)
    return {"name": variable, "in": "path", "required": True, **described, "schema": schema}


def _query(source: Source, name: str, field: FieldDescriptor, *, required: bool) -> Object:
    described, schema = _described(source, field)
    wanted: Object = {"required": True} if required else {}
    many: Object = {"style": "form", "explode": True} if field.is_repeated else {}
    return {"name": name, "in": "query", **wanted, **many, **described, "schema": schema}


def _described(source: Source, field: FieldDescriptor) -> tuple[Object, Object]:
    """A parameter has the description beside its schema."""
    schema = field_schema(source, field)
    description = schema.pop("description", "")
    return {"description": description} if description else {}, schema


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(each.capitalize() for each in rest)
