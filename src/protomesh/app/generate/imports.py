"""The .proto files that every contract may import, as descriptors out of the installed packages.

No .proto of another project stands in the repository, and no path of the machine is searched: the well-known
types, google.api, google.rpc, google.type, google.longrunning and buf.validate come as one descriptor set.
"""

from google.api import annotations_pb2, client_pb2, field_behavior_pb2, httpbody_pb2, resource_pb2
from google.longrunning import operations_proto_pb2
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import FileDescriptor
from google.rpc import code_pb2, error_details_pb2, status_pb2
from google.type import date_pb2, latlng_pb2, money_pb2
from protovalidate._gen.buf.validate import validate_pb

ROOTS = (
    any_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2,
    annotations_pb2, client_pb2, field_behavior_pb2, httpbody_pb2, resource_pb2, operations_proto_pb2,
    code_pb2, error_details_pb2, status_pb2, date_pb2, latlng_pb2, money_pb2,
)  # fmt: skip


def imports() -> descriptor_pb2.FileDescriptorSet:
    """All importable files in an order in which each comes after what it imports."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    for module in ROOTS:
        _collect(module.DESCRIPTOR, found)
    rules = descriptor_pb2.FileDescriptorProto.FromString(validate_pb._DESC.proto.to_binary())  # noqa: SLF001 - the package offers its own .proto nowhere else
    found[rules.name] = rules
    return descriptor_pb2.FileDescriptorSet(file=found.values())


def _collect(file: FileDescriptor, found: dict[str, descriptor_pb2.FileDescriptorProto]) -> None:
    if file.name in found:
        return
    for dependency in file.dependencies:
        _collect(dependency, found)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    found[file.name] = proto
