"""Fields of which only one may be set: oneofs, and (buf.validate.message).oneof."""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.descriptor_pb2 import MessageOptions, OneofOptions

from protomesh_pb.buf.validate import validate_pb2


@dataclass(frozen=True, slots=True)
class Choice:
    """At most one of these fields; `required`: exactly one."""

    fields: tuple[FieldDescriptor, ...]
    required: bool


def choices(message: Descriptor) -> Iterator[Choice]:
    """All choices of a message."""
    for oneof in message.oneofs:
        if not _is_optional(oneof):
            options = OneofOptions.FromString(oneof.GetOptions().SerializeToString())
            yield Choice(tuple(oneof.fields), options.Extensions[validate_pb2.oneof].required)
    rules = MessageOptions.FromString(message.GetOptions().SerializeToString())
    for rule in rules.Extensions[validate_pb2.message].oneof:
        yield Choice(tuple(message.fields_by_name[name] for name in rule.fields), rule.required)


def _is_optional(oneof: OneofDescriptor) -> bool:
    """Whether nobody wrote it: it stands for an `optional` field (descriptor.proto, proto3_optional)."""
    return len(oneof.fields) == 1 and oneof.name == f"_{oneof.fields[0].name}"
