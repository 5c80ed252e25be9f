"""What kind of a field it is."""

from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor


def is_map(field: FieldDescriptor) -> bool:
    """Whether the field is a map."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def is_long(field: FieldDescriptor) -> bool:
    """Whether it is a number of 64 bits, a string in JSON."""
    return field.cpp_type in {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def message_of(field: FieldDescriptor) -> Descriptor:
    """The message of a field that is known to hold one."""
    return cast("Descriptor", field.message_type)


def enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """The enum of a field that is known to hold one."""
    return cast("EnumDescriptor", field.enum_type)


def map_value(field: FieldDescriptor) -> FieldDescriptor:
    """The values of a map."""
    return message_of(field).fields_by_name["value"]
