"""What of the contract the gateway lets through: methods with an HTTP binding, over REST and over gRPC."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from google.protobuf.descriptor import Descriptor

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.gateway.placement import placement
from protomesh.gateway.template import Template
from protomesh.settings import Manifest

HTTP_BODY = "google.api.HttpBody"
EMPTY = "google.protobuf.Empty"


@dataclass(frozen=True, slots=True)
class Exposed:
    """A method and the NAME of the service that serves it, which is also the name of its cluster."""

    method: Method
    server: str

    @property
    def streams(self) -> bool:
        """In either direction."""
        return self.method.streams_request or self.method.streams_response


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP binding of an exposed method."""

    exposed: Exposed
    http: HttpBinding
    template: Template
    json: bool
    """The request has a body and it is JSON, not the raw bytes of a google.api.HttpBody."""
    raw: bool
    """The answer is a google.api.HttpBody: its bytes, type and status are the service's own."""
    says_json: bool
    """A success is one JSON document: no raw bytes, no stream and not nothing."""
    query_names: frozenset[str]
    """Query parameters that would override a path variable, in both spellings: user_id and userId."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """HEAD comes with GET, but not on a stream, whose body has no end to wait for."""
        head = self.http.verb == "GET" and not self.exposed.streams
        return ("GET", "HEAD") if head else (self.http.verb,)


def exposed_methods(contract: Contract, manifest: Manifest) -> tuple[Exposed, ...]:
    """Methods with at least one binding, in the contract's order. Raises ConfigError as `placement` does."""
    served_by = placement(contract, manifest)
    return tuple(
        Exposed(method, served_by[method.service]) for method in contract.methods.values() if method.bindings
    )


def bindings(contract: Contract, methods: tuple[Exposed, ...]) -> Iterator[Binding]:
    """All bindings of these methods."""
    for exposed in methods:
        for http in exposed.method.bindings:
            says = exposed.method.response
            yield Binding(
                exposed=exposed,
                http=http,
                template=Template(http),
                json=bool(http.body) and not _takes_raw_body(contract, exposed.method, http),
                raw=says == HTTP_BODY,
                says_json=says not in {HTTP_BODY, EMPTY} and not exposed.method.streams_response,
                query_names=frozenset(_spellings(contract, exposed.method, http)),
            )


def _takes_raw_body(contract: Contract, method: Method, http: HttpBinding) -> bool:
    request = contract.descriptor(method.request)
    message = request if http.body == "*" else request.fields_by_name[http.body].message_type
    return message is not None and message.full_name == HTTP_BODY


def _spellings(contract: Contract, method: Method, http: HttpBinding) -> Iterator[str]:
    """A query parameter may be named as in the .proto or as in JSON, segment by segment."""
    for variable in http.variables:
        names = [""]
        message: Descriptor | None = contract.descriptor(method.request)
        for segment in variable.split("."):
            field = cast("Descriptor", message).fields_by_name[segment]
            names = [f"{name}.{one}" for name in names for one in {field.name, field.json_name}]
            message = field.message_type
        yield from (name.removeprefix(".") for name in names)
