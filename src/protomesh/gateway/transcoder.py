"""REST to gRPC and back: the transcoder filter and the descriptor set that it reads."""

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2

from protomesh.contract import Contract
from protomesh.gateway.objects import Object, typed
from protomesh.settings import LimitSettings

ANSWER_BYTES = 16 * 1024 * 1024
"""The largest answer that is transcoded in one piece; a larger one is a 500. Streams have no such limit."""


def transcoder(services: Iterable[str], descriptors: str, limits: LimitSettings) -> Object:
    """`descriptors` is the path of `descriptor_set`'s file, as Envoy will see it."""
    return typed(
        "envoy.filters.http.grpc_json_transcoder",
        "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor=descriptors,
        services=list(services),
        convert_grpc_status=True,
        match_incoming_request_route=True,
        url_unescape_spec="ALL_CHARACTERS_EXCEPT_SLASH",
        query_param_unescape_plus=True,
        # Not exact, see the size limit before it: this only has to be out of the way of what may pass.
        max_request_body_size=2 * limits.body_bytes,
        max_response_body_size=max(ANSWER_BYTES, limits.body_bytes),
        request_validation_options={
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        print_options={"always_print_primitive_fields": True, "stream_newline_delimited": True},
    )


def descriptor_set(contract: Contract) -> bytes:
    """The contract's files and those of google.rpc's error details, without comments, imports first.

    An error whose details are of a type that is not in here reaches a REST client without them.
    """
    found: dict[str, FileDescriptorProto] = {}
    for file in (*contract.files.file, *_with_imports(error_details_pb2.DESCRIPTOR)):
        if file.name not in found:
            bare = found.setdefault(file.name, FileDescriptorProto())
            bare.CopyFrom(file)
            bare.ClearField("source_code_info")
    return FileDescriptorSet(file=found.values()).SerializeToString(deterministic=True)


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptorProto]:
    for dependency in file.dependencies:
        yield from _with_imports(dependency)
    proto = FileDescriptorProto()
    file.CopyToProto(proto)
    yield proto
