"""What the contract lacks for changes of a resource over REST: etag, mask, presence (AIP-134, 154)."""

from collections.abc import Iterator, Mapping

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.errors import ConfigError
from protomesh.gateway.template import VARIABLE, Template

WRITES = ("PUT", "PATCH", "DELETE")
MASK = "google.protobuf.FieldMask"
NOT_WRITTEN = {field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER, field_behavior_pb2.IMMUTABLE}


def change_problems(contract: Contract) -> Iterator[ConfigError]:
    """Each names the method, and the field that is missing or has to be `optional`."""
    by_path = {VARIABLE.sub("{}", found.pattern): found.message for found in contract.resources.values()}
    for method in contract.methods.values():
        for http in method.bindings:
            resource = by_path.get(_path(http), "") if http.verb in WRITES else ""
            if resource:
                where = f"{method.full_name} ({http.verb} {http.template})"
                yield from _etag(contract, method, resource, where)
                if http.verb == "PATCH":
                    yield from _patch(contract, method, http, where)


def _path(http: HttpBinding) -> str:
    """`users/{}` of /api/users/{user_id}; a custom verb is no change of the resource itself."""
    root, *below = Template(http).segments
    return "" if http.custom_verb or root != "api" else VARIABLE.sub("{}", "/".join(below))


def _etag(contract: Contract, method: Method, resource: str, where: str) -> Iterator[ConfigError]:
    tagged = "etag" in contract.descriptor(resource).fields_by_name
    field = _fields(contract, method).get("etag")
    is_text = field is not None and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated
    if tagged and not is_text:
        yield ConfigError(
            f"{resource} has an etag, and {method.request} cannot say which one it wants",
            where=where,
            fix="add to the request: string etag",
        )


def _patch(contract: Contract, method: Method, http: HttpBinding, where: str) -> Iterator[ConfigError]:
    fields = _fields(contract, method)
    mask = fields.get("update_mask")
    if mask is None or mask.message_type is None or mask.message_type.full_name != MASK or mask.is_repeated:
        yield ConfigError(
            f"{method.request} cannot say which fields to change",
            where=where,
            fix=f"add to the request: {MASK} update_mask",
        )
    body = fields.get(http.body)
    if (
        body is not None
        and body.message_type is not None
        and body.message_type.full_name in contract.resources
    ):
        yield from _presence(body.message_type, where)


def _presence(resource: Descriptor, where: str) -> Iterator[ConfigError]:
    for field in resource.fields:
        if not (field.is_repeated or field.has_presence or _is_not_written(field)):
            yield ConfigError(
                f"whether {resource.full_name}.{field.name} is in a PATCH cannot be told from its default",
                where=where,
                fix=f"make it optional {field.name}, or OUTPUT_ONLY",
            )


def _is_not_written(field: FieldDescriptor) -> bool:
    return bool(NOT_WRITTEN & set(field.GetOptions().Extensions[field_behavior_pb2.field_behavior]))


def _fields(contract: Contract, method: Method) -> Mapping[str, FieldDescriptor]:
    return contract.descriptor(method.request).fields_by_name
