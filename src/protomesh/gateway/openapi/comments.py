"""What the comments of the .proto files say, looked up by name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

Path: TypeAlias = tuple[int, ...]
"""descriptor.proto, SourceCodeInfo.Location.path: field numbers and indexes in turn."""

Named: TypeAlias = Iterator[tuple[Path, str]]

MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, NESTED, NESTED_ENUMS, VALUES, METHODS = 2, 3, 4, 2, 2


def comments(files: FileDescriptorSet) -> Mapping[str, str]:
    """By full name: `shop.users.v1.User.id`, `pkg.Message.Enum.VALUE`, a method as `pkg.Svc/Method`."""
    found: dict[str, str] = {}
    for file in files.file:
        names = dict(_file(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            text = _prose(location.leading_comments or location.trailing_comments)
            if name and text:
                found[name] = text
    return found


def summary(text: str) -> str:
    """The first sentence, without its full stop."""
    first, _, _ = text.partition("\n\n")
    return first.partition(". ")[0].rstrip(".")


def _prose(text: str) -> str:
    """Lines joined; an empty line parts paragraphs."""
    paragraphs = "\n".join(line.strip() for line in text.splitlines()).strip().split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _file(file: FileDescriptorProto) -> Named:
    yield from _messages(file.message_type, (MESSAGES,), file.package)
    yield from _enums(file.enum_type, (ENUMS,), file.package)
    for index, service in enumerate(file.service):
        yield from _service(service, (SERVICES, index), file.package)


def _messages(messages: Iterable[DescriptorProto], path: Path, scope: str) -> Named:
    for index, message in enumerate(messages):
        here, name = (*path, index), f"{scope}.{message.name}"
        yield here, name
        yield from (((*here, FIELDS, at), f"{name}.{field.name}") for at, field in enumerate(message.field))
        yield from _messages(message.nested_type, (*here, NESTED), name)
        yield from _enums(message.enum_type, (*here, NESTED_ENUMS), name)


def _enums(enums: Iterable[EnumDescriptorProto], path: Path, scope: str) -> Named:
    for index, enum in enumerate(enums):
        here, name = (*path, index), f"{scope}.{enum.name}"
        yield here, name
        yield from (((*here, VALUES, at), f"{name}.{value.name}") for at, value in enumerate(enum.value))


def _service(service: ServiceDescriptorProto, path: Path, scope: str) -> Named:
    name = f"{scope}.{service.name}"
    yield path, name
    yield from (((*path, METHODS, at), f"{name}/{method.name}") for at, method in enumerate(service.method))
