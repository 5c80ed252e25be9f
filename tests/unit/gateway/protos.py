"""Contracts made in a test: each has a package of its own, since all share one pool of descriptors."""

from itertools import count

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2

from protomesh.contract import Contract

NUMBERS = count(1)

FieldProto = descriptor_pb2.FieldDescriptorProto
Rule = tuple[str, str] | tuple[str, str, str]
"""Verb, template and body."""


def package() -> str:
    """A package that no other test has, of a service called `things`."""
    return f"lab{next(NUMBERS)}.things.v1"


def contract(*rules: Rule, name: str = "") -> Contract:
    """One service `Things`, one method `M0`, `M1`, … for each rule, all with the same request.

    The request has the scalars `user_id` and `order_id`, the message `thing` with `id`, the repeated `tags`.
    """
    file = descriptor_pb2.FileDescriptorProto(package=name or package(), syntax="proto3")
    file.name = f"{file.package}.proto"
    file.dependency.append("google/api/annotations.proto")
    file.message_type.extend((_thing(), _request(file.package)))
    service = file.service.add(name="Things")
    for number, rule in enumerate(rules):
        method = service.method.add(name=f"M{number}", input_type=f".{file.package}.Request")
        method.output_type = f".{file.package}.Thing"
        _bind(method, *rule)
    return Contract(descriptor_pb2.FileDescriptorSet(file=[file]))


def _bind(method: descriptor_pb2.MethodDescriptorProto, verb: str, template: str, body: str = "") -> None:
    http = method.options.Extensions[annotations_pb2.http]
    if verb in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
        setattr(http, verb.lower(), template)
    else:
        http.custom.CopyFrom(http_pb2.CustomHttpPattern(kind=verb, path=template))
    http.body = body


def _thing() -> descriptor_pb2.DescriptorProto:
    thing = descriptor_pb2.DescriptorProto(name="Thing")
    _field(thing, "id")
    return thing


def _request(name: str) -> descriptor_pb2.DescriptorProto:
    request = descriptor_pb2.DescriptorProto(name="Request")
    _field(request, "user_id")
    _field(request, "order_id")
    _field(request, "tags").label = FieldProto.LABEL_REPEATED
    thing = _field(request, "thing")
    thing.type, thing.type_name = FieldProto.TYPE_MESSAGE, f".{name}.Thing"
    return request


def _field(message: descriptor_pb2.DescriptorProto, name: str) -> FieldProto:
    number = len(message.field) + 1
    return message.field.add(
        name=name, number=number, type=FieldProto.TYPE_STRING, label=FieldProto.LABEL_OPTIONAL
    )
