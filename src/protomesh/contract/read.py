"""Descriptors turned into records."""

import re

from google.api import annotations_pb2, resource_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from protomesh.contract.records import HttpBinding, Kind, Method, Resource, Service
from protomesh_pb.mesh.link.v1 import link_pb2

VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=[^}]*)?\}")

KINDS = {
    (False, False): Kind.UNARY,
    (False, True): Kind.SERVER_STREAM,
    (True, False): Kind.CLIENT_STREAM,
    (True, True): Kind.BIDI,
}


def read_service(service: ServiceDescriptor) -> Service:
    """A service with its methods, in their order in the file."""
    return Service(service.full_name, tuple(_method(service.full_name, method) for method in service.methods))


def _method(service: str, method: MethodDescriptor) -> Method:
    options = MethodOptions.FromString(method.GetOptions().SerializeToString())
    return Method(
        service=service,
        name=method.name,
        request=method.input_type.full_name,
        response=method.output_type.full_name,
        kind=KINDS[method.client_streaming, method.server_streaming],
        bindings=_bindings(options),
        read_only=options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
        available=options.Extensions[link_pb2.available],
        rel=options.Extensions[link_pb2.rel],
    )


def _bindings(options: MethodOptions) -> tuple[HttpBinding, ...]:
    if not options.HasExtension(annotations_pb2.http):
        return ()
    rule = options.Extensions[annotations_pb2.http]
    return tuple(_binding(each) for each in (rule, *rule.additional_bindings))


def _binding(rule: HttpRule) -> HttpBinding:
    """google/api/http.proto, HttpRule: one verb with its template."""
    pattern = rule.WhichOneof("pattern")
    if pattern == "custom":
        verb, template = rule.custom.kind, rule.custom.path
    else:
        verb, template = str(pattern).upper(), getattr(rule, str(pattern))
    return HttpBinding(verb, template, rule.body, tuple(VARIABLE.findall(template)))


def read_resource(message: Descriptor) -> Resource | None:
    """google/api/resource.proto: None for a message that is no resource."""
    options = message.GetOptions()
    if not options.HasExtension(resource_pb2.resource):
        return None
    resource = options.Extensions[resource_pb2.resource]
    pattern = resource.pattern[0] if resource.pattern else ""
    return Resource(message.full_name, resource.type, pattern, tuple(VARIABLE.findall(pattern)))
