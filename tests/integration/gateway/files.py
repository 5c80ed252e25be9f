"""A contract and a service for raw bodies, beside those of the shop."""

from urllib.parse import parse_qs

import grpc
from google.api import annotations_pb2, httpbody_pb2
from google.protobuf import descriptor_pb2

from protomesh.contract import Contract

SERVICE = "lab.files.v1.Files"
LEFT_OUT = ("mesh.identity.v1", "mesh.portal.v1")
PLACES = {
    "PutFile": ("put", "/api/files/{file_id}"),
    "GetFile": ("get", "/api/files/{file_id}"),
    "SubmitLogin": ("post", "/login"),
    "LoginPage": ("get", "/login"),
}
BODIES = {"PutFile", "SubmitLogin"}
PAGE = b"<!doctype html><title>Log in</title>"
FieldProto = descriptor_pb2.FieldDescriptorProto


def with_files(shop: Contract) -> Contract:
    """The shop's contract and `lab.files.v1.Files`: PUT and GET /api/files/{file_id}, GET and POST /login.

    Identity is left out, since these tests say what the login form answers, and the portal, which none asks.
    """
    raw = descriptor_pb2.FileDescriptorProto()
    httpbody_pb2.DESCRIPTOR.CopyToProto(raw)
    kept = [each for each in shop.files.file if each.package not in LEFT_OUT and each.name != raw.name]
    return Contract(descriptor_pb2.FileDescriptorSet(file=[*kept, raw, _file()]), "shop_pb")


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="lab/files.proto", package="lab.files.v1", syntax="proto3")
    file.dependency.extend(("google/api/annotations.proto", "google/api/httpbody.proto"))
    request = file.message_type.add(name="FileRequest")
    request.field.add(name="file_id", number=1, type=FieldProto.TYPE_STRING, label=FieldProto.LABEL_OPTIONAL)
    content = request.field.add(name="content", number=2, label=FieldProto.LABEL_OPTIONAL)
    content.type, content.type_name = FieldProto.TYPE_MESSAGE, ".google.api.HttpBody"
    service = file.service.add(name="Files")
    for name in ("PutFile", "GetFile", "SubmitLogin", "LoginPage"):
        method = service.method.add(name=name, input_type=".lab.files.v1.FileRequest")
        method.output_type = ".google.api.HttpBody"
        http = method.options.Extensions[annotations_pb2.http]
        if name in BODIES:
            http.body = "content"
        setattr(http, *PLACES[name])
    return file


class Files:
    """Gives back what was put last. Its login form says with what status and headers it is to be answered."""

    def __init__(self) -> None:
        self.held = httpbody_pb2.HttpBody()

    def PutFile(self, request: object, _: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        self.held.CopyFrom(request.content)  # type: ignore[attr-defined]  # a class made from descriptors
        return self.held

    def GetFile(self, _: object, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        context.send_initial_metadata((("content-disposition", "attachment"),))
        return self.held

    def LoginPage(self, _: object, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        policy = (("content-security-policy", "default-src 'none'"), ("cache-control", "no-store"))
        context.send_initial_metadata(policy)
        return httpbody_pb2.HttpBody(content_type="text/html; charset=utf-8", data=PAGE)

    def SubmitLogin(self, request: object, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        form = request.content  # type: ignore[attr-defined]  # a class made from descriptors
        fields = parse_qs(form.data.decode())
        if "fail" in fields:
            context.abort(grpc.StatusCode.UNAVAILABLE, "told to fail")
        told = [(name, value) for line in fields["header"] for name, _, value in [line.partition("=")]]
        context.send_initial_metadata((("x-http-status", fields["status"][0]), *told))
        return httpbody_pb2.HttpBody(
            content_type="text/html; charset=utf-8", data=form.content_type.encode() + PAGE
        )
