"""What the documents are written from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor_pb2 import MethodOptions
from protovalidate import Validator

from protomesh.contract import Contract, Method
from protomesh.gateway.openapi.comments import comments
from protomesh_pb.mesh.http.v1 import http_pb2


@dataclass(frozen=True)
class Source:
    """A contract with all that is said about it."""

    contract: Contract

    @cached_property
    def comments(self) -> Mapping[str, str]:
        """See `comments`."""
        return comments(self.contract.files)

    @cached_property
    def wires(self) -> Mapping[str, http_pb2.Wire]:
        """(mesh.http.v1.wire) by the method's full name; empty where a method has none."""
        return dict(self._wires())

    @cached_property
    def validator(self) -> Validator:
        """Of the rules in the contract."""
        return Validator()

    def comment(self, name: str) -> str:
        """What is written above it, empty for nothing."""
        return self.comments.get(name, "")

    def wire(self, method: Method) -> http_pb2.Wire:
        """(mesh.http.v1.wire) of a method."""
        return self.wires[method.full_name]

    def wanted(self, message: str) -> frozenset[str]:
        """The fields of a request that must be given: without them their own rules are broken."""
        empty = self.contract.message(message)()
        paths = (each.proto.field for each in self.validator.collect_violations(empty))
        return frozenset(path.elements[0].field_name or "" for path in paths if path and path.elements)

    def _wires(self) -> Iterator[tuple[str, http_pb2.Wire]]:
        for file in self.contract.files.file:
            for service in file.service:
                for method in service.method:
                    options = MethodOptions.FromString(method.options.SerializeToString())
                    yield f"{file.package}.{service.name}/{method.name}", options.Extensions[http_pb2.wire]
