"""Requests that change a resource: what they need, and that nothing else is asked for."""

from itertools import count

import pytest
from google.api import annotations_pb2, field_behavior_pb2, resource_pb2
from google.protobuf import descriptor_pb2

from protomesh.contract import Contract
from protomesh.gateway import lint

NUMBERS = count(1)
FieldProto = descriptor_pb2.FieldDescriptorProto


def texts(verb: str, *, lacks: str = "", path: str = "/api/pens/{pen_id}", tagged: bool = True) -> list[str]:
    """The problems of one method that changes a `Pen`, whose request lacks a field."""
    package = f"pens{next(NUMBERS)}.v1"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(("google/api/annotations.proto", "google/protobuf/field_mask.proto"))
    file.message_type.extend((_pen(lacks, tagged=tagged), _request(package, lacks)))
    method = file.service.add(name="Pens").method.add(name="Change", input_type=f".{package}.Request")
    method.output_type = f".{package}.Pen"
    http = method.options.Extensions[annotations_pb2.http]
    setattr(http, verb.lower(), path)
    http.body = "" if verb == "DELETE" else "pen"
    return [str(error) for error in lint(Contract(descriptor_pb2.FileDescriptorSet(file=[file])))]


def _pen(lacks: str, *, tagged: bool) -> descriptor_pb2.DescriptorProto:
    pen = descriptor_pb2.DescriptorProto(name="Pen")
    pen.options.Extensions[resource_pb2.resource].pattern.append("pens/{pen_id}")
    made = _field(pen, "id")
    made.options.Extensions[field_behavior_pb2.field_behavior].append(field_behavior_pb2.OUTPUT_ONLY)
    _field(pen, "inks").label = FieldProto.LABEL_REPEATED
    colour = _field(pen, "colour")
    if lacks != "presence":
        colour.proto3_optional, colour.oneof_index = True, 0
        pen.oneof_decl.add(name="_colour")
    if tagged:
        etag = _field(pen, "etag")
        etag.options.Extensions[field_behavior_pb2.field_behavior].append(field_behavior_pb2.OUTPUT_ONLY)
    return pen


def _request(package: str, lacks: str) -> descriptor_pb2.DescriptorProto:
    request = descriptor_pb2.DescriptorProto(name="Request")
    _field(request, "pen_id")
    kinds = {"pen": f".{package}.Pen", "update_mask": ".google.protobuf.FieldMask", "etag": ""}
    for name, kind in kinds.items():
        if name == lacks:
            continue
        field = _field(request, name)
        if kind:
            field.type, field.type_name = FieldProto.TYPE_MESSAGE, kind
    return request


def _field(message: descriptor_pb2.DescriptorProto, name: str) -> FieldProto:
    number = len(message.field) + 1
    return message.field.add(
        name=name, number=number, type=FieldProto.TYPE_STRING, label=FieldProto.LABEL_OPTIONAL
    )


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_a_request_that_has_all(verb: str) -> None:
    assert texts(verb) == []


@pytest.mark.parametrize(
    ("verb", "lacks", "words"),
    [
        ("PUT", "etag", "has an etag, and"),
        ("PATCH", "etag", "add to the request: string etag"),
        ("DELETE", "etag", "cannot say which one it wants"),
        ("PATCH", "update_mask", "cannot say which fields to change"),
        ("PATCH", "presence", "Pen.colour is in a PATCH cannot be told from its default"),
    ],
)
def test_a_request_that_lacks_something(verb: str, lacks: str, words: str) -> None:
    (text,) = texts(verb, lacks=lacks)
    assert words in text
    assert f"Pens/Change ({verb} /api/pens/{{pen_id}})" in text


@pytest.mark.parametrize(
    ("verb", "lacks", "path", "tagged"),
    [
        ("DELETE", "etag", "/api/pens/{pen_id}", False),
        ("DELETE", "update_mask", "/api/pens/{pen_id}", True),
        ("PUT", "presence", "/api/pens/{pen_id}", True),
        ("POST", "etag", "/api/pens", True),
        ("POST", "etag", "/api/pens/{pen_id}:refill", True),
        ("PUT", "etag", "/api/pens/{pen_id}/cap", True),
    ],
)
def test_what_is_no_change_of_the_resource(verb: str, lacks: str, path: str, *, tagged: bool) -> None:
    assert texts(verb, lacks=lacks, path=path, tagged=tagged) == []


def test_the_shop_has_all(shop_contract: Contract) -> None:
    assert lint(shop_contract) == []
