"""Operation objects: one per HTTP binding."""

from collections import Counter
from collections.abc import Iterable, Mapping

from protomesh.gateway.exposure import Binding
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.access import Access
from protomesh.gateway.openapi.bodies import request_body
from protomesh.gateway.openapi.comments import summary
from protomesh.gateway.openapi.headers import IF_MATCH, IF_NONE_MATCH
from protomesh.gateway.openapi.parameters import parameters
from protomesh.gateway.openapi.refusals import cached, conditional
from protomesh.gateway.openapi.responses import responses
from protomesh.gateway.openapi.source import Source


def operation(source: Source, binding: Binding, access: Access, tag: str) -> Object:
    """One verb of one path."""
    method = binding.exposed.method
    comment = source.comment(method.full_name)
    body = request_body(source, binding)
    given = [*parameters(source, binding), *_conditions(source, binding)]
    found: Object = {"operationId": _id(binding, tag), "tags": [tag]}
    if comment:
        found |= {"summary": summary(comment), "description": comment}
    if given:
        found["parameters"] = given
    if body is not None:
        found["requestBody"] = body
    return {**found, "responses": responses(source, binding, access), "security": access.requirements()}


def tags(services: Iterable[str]) -> Mapping[str, str]:
    """The tag of each service: `Users` of shop.users.v1.Users, the whole name where two end alike."""
    names = list(dict.fromkeys(services))
    ends = Counter(name.rpartition(".")[2] for name in names)
    return {name: name.rpartition(".")[2] if ends[name.rpartition(".")[2]] == 1 else name for name in names}


def _id(binding: Binding, tag: str) -> str:
    """`Catalog_UpdateProduct`; further bindings of a method carry their number."""
    method = binding.exposed.method
    number = method.bindings.index(binding.http)
    name = f"{tag.replace('.', '_')}_{method.name}"
    return f"{name}_{number + 1}" if number else name


def _conditions(source: Source, binding: Binding) -> list[Json]:
    return [
        *([IF_MATCH] if conditional(source, binding) else []),
        *([IF_NONE_MATCH] if cached(source, binding) else []),
    ]
