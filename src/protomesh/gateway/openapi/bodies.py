"""Request Body objects: JSON, forms and raw bytes."""

from protomesh.gateway.exposure import Binding
from protomesh.gateway.objects import Object
from protomesh.gateway.openapi.examples import message_example
from protomesh.gateway.openapi.fields import field_schema, reference
from protomesh.gateway.openapi.schemas import message_schema
from protomesh.gateway.openapi.shape import message_of
from protomesh.gateway.openapi.source import Source

JSON = "application/json"
ANY = "*/*"


def request_body(source: Source, binding: Binding) -> Object | None:
    """The body of one binding, None for none."""
    if not binding.http.body:
        return None
    return _json(source, binding) if binding.json else _raw(source, binding)


def body_message(source: Source, binding: Binding) -> str:
    """The full name of the message that stands in the body as it is; empty where there is none."""
    wire = source.wire(binding.exposed.method)
    if not binding.json:
        return wire.form if binding.http.body else ""
    request = source.contract.descriptor(binding.exposed.method.request)
    if binding.http.body == "*":
        return "" if binding.http.variables else request.full_name
    return message_of(request.fields_by_name[binding.http.body]).full_name


def _json(source: Source, binding: Binding) -> Object:
    """`body: "*"` is the request without what stands in the path."""
    request = source.contract.descriptor(binding.exposed.method.request)
    whole = body_message(source, binding)
    taken = frozenset(binding.http.variables)
    message = source.contract.descriptor(whole) if whole else request
    schema = reference(whole) if whole else message_schema(source, request, taken)
    example = message_example(message, request=True, without=frozenset() if whole else taken)
    media: Object = {"schema": schema, **({"example": example} if example else {})}
    return {**_required(source, binding), "content": {JSON: media}}


def _required(source: Source, binding: Binding) -> Object:
    wanted = source.wanted(binding.exposed.method.request) - {*binding.http.variables}
    needed = bool(wanted) if binding.http.body == "*" else binding.http.body in wanted
    return {"required": True} if needed else {}


def _raw(source: Source, binding: Binding) -> Object:
    """google.api.HttpBody: bytes in any of the types that the method takes."""
    wire = source.wire(binding.exposed.method)
    schema: Object = _form(source, wire.form) if wire.form else {}
    return {"content": {each: {"schema": schema} for each in wire.takes or [ANY]}}


def _form(source: Source, name: str) -> Object:
    """A form's fields have the names of the .proto."""
    message = source.contract.descriptor(name)
    properties: Object = {field.name: field_schema(source, field) for field in message.fields}
    return {**message_schema(source, message), "properties": properties}
