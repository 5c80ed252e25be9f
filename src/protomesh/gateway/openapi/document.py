"""The whole document (OpenAPI 3.1.1)."""

import json
from collections.abc import Iterator

from protomesh.contract import Answer, Contract, answer_kind
from protomesh.gateway.exposure import Binding, bindings, exposed_methods
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.access import SCHEMES, access
from protomesh.gateway.openapi.bodies import body_message
from protomesh.gateway.openapi.operations import operation, tags
from protomesh.gateway.openapi.refusals import problem_schemas, refusal_components
from protomesh.gateway.openapi.schemas import schemas
from protomesh.gateway.openapi.source import Source
from protomesh.policy import SecurityPolicy
from protomesh.settings import Manifest

VERSION = "3.1.1"
ABOUT = (
    "JSON is lowerCamelCase, 64-bit integers are strings, zero values are printed. Unknown fields of a body "
    "are dropped, unknown query parameters refused. Every refusal has one shape, `application/problem+json`."
)


def render_openapi(contract: Contract, manifest: Manifest, policy: SecurityPolicy | None) -> bytes:
    """`openapi.json`: every HTTP binding of the contract, the same bytes for the same input.

    Without a policy, every operation wants an identity. Raises ConfigError as `placement` does.
    """
    source = Source(contract)
    every = list(bindings(contract, exposed_methods(contract, manifest)))
    document: Object = {
        "openapi": VERSION,
        "info": {"title": manifest.mesh.name or "protomesh", "version": "1", "description": ABOUT},
        "servers": [{"url": manifest.gateway.public or "/"}],
        "tags": _tags(source, every),
        "paths": _paths(source, every, policy),
        "components": _components(source, every),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _tags(source: Source, every: list[Binding]) -> list[Json]:
    names = tags(each.exposed.method.service for each in every)
    return [
        {"name": tag, **({"description": comment} if (comment := source.comment(service)) else {})}
        for service, tag in names.items()
    ]


def _paths(source: Source, every: list[Binding], policy: SecurityPolicy | None) -> Object:
    """In the contract's order."""
    names = tags(each.exposed.method.service for each in every)
    found: dict[str, Object] = {}
    for each in every:
        method = each.exposed.method
        described = operation(source, each, access(policy, method), names[method.service])
        found.setdefault(each.http.template, {})[each.http.verb.lower()] = described
    return {**found}


def _components(source: Source, every: list[Binding]) -> Object:
    return {
        "schemas": {**problem_schemas(), **schemas(source, _roots(source, every))},
        "responses": refusal_components(),
        "securitySchemes": SCHEMES,
    }


def _roots(source: Source, every: list[Binding]) -> Iterator[str]:
    """The messages that operations refer to; a body that stands in its operation, to what its fields hold."""
    for each in every:
        yield from _held_by_body(source, each)
        if answer_kind(each.exposed.method, source.contract) not in {Answer.RAW, Answer.EMPTY}:
            yield each.exposed.method.response


def _held_by_body(source: Source, binding: Binding) -> Iterator[str]:
    whole = body_message(source, binding)
    if binding.json and whole:
        yield whole
    message = source.contract.descriptor(binding.exposed.method.request)
    yield from (field.message_type.full_name for field in message.fields if field.message_type is not None)
