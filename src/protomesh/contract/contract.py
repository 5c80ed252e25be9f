"""The descriptor set read: files, services, methods, resources, and classes for its messages."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from protomesh.contract.pool import add_file
from protomesh.contract.read import read_resource, read_service
from protomesh.contract.records import Method, Resource, Service
from protomesh.errors import ConfigError


class Contract:
    """Everything that the .proto files say, looked up by name. Never changes after it is built.

    Messages are the generated classes: `python` is the root package of the project's generated code
    (`shop_pb`). Where that cannot be imported, classes are made from the descriptors.
    """

    def __init__(self, files: descriptor_pb2.FileDescriptorSet, python: str = "") -> None:
        self.files = files
        self._pool = descriptor_pool.Default()
        for file in files.file:
            add_file(self._pool, file, python)
        self.services: Mapping[str, Service] = {
            service.name: service for file in files.file for service in self._services_of(file)
        }
        self.methods: Mapping[str, Method] = {
            method.full_name: method for service in self.services.values() for method in service.methods
        }

    @classmethod
    def load(cls, path: Path, python: str = "") -> "Contract":
        """Read a descriptor set file. Raises ConfigError."""
        try:
            return cls(descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()), python)
        except FileNotFoundError:
            raise ConfigError("no such file", where=str(path), fix="run make gen") from None
        except DecodeError:
            raise ConfigError("not a descriptor set", where=str(path), fix="run make gen") from None

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Resources by the full name of their message."""
        found = (
            read_resource(self._pool.FindMessageTypeByName(_full(file, message)))
            for file in self.files.file
            for message in file.message_type
        )
        return {resource.message: resource for resource in found if resource is not None}

    def descriptor(self, name: str) -> Descriptor:
        """The descriptor of a message. Raises KeyError."""
        return self._pool.FindMessageTypeByName(name)

    def message(self, name: str) -> type[Message]:
        """The class of a message. Raises KeyError."""
        return message_factory.GetMessageClass(self.descriptor(name))

    def _services_of(self, file: descriptor_pb2.FileDescriptorProto) -> Iterator[Service]:
        for service in file.service:
            if not file.package.startswith("google."):
                yield read_service(self._pool.FindServiceByName(_full(file, service)))


def _full(
    file: descriptor_pb2.FileDescriptorProto,
    item: descriptor_pb2.DescriptorProto | descriptor_pb2.ServiceDescriptorProto,
) -> str:
    return f"{file.package}.{item.name}" if file.package else item.name
