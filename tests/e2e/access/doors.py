"""The ways into a service: gRPC straight at its port, and REST and gRPC through the gateway."""

import contextlib
import http.client
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection_pb2

from protomesh.contract import Contract, Method
from tests.e2e.access.people import Press, Who
from tests.e2e.access.requests import Asked
from tests.support.contracts import OPEN
from tests.support.mesh import Answer, Mesh, body_of, headers_of

SECONDS = 30.0
ORIGIN = "http://localhost:3000"
"""One of the origins in mesh.toml."""

CODES: Mapping[int, frozenset[str]] = {
    200: frozenset({"OK"}),
    201: frozenset({"OK"}),
    204: frozenset({"OK"}),
    303: frozenset({"OK"}),
    400: frozenset({"INVALID_ARGUMENT", "FAILED_PRECONDITION"}),
    401: frozenset({"UNAUTHENTICATED"}),
    403: frozenset({"PERMISSION_DENIED"}),
    404: frozenset({"NOT_FOUND"}),
    409: frozenset({"ALREADY_EXISTS", "ABORTED"}),
    418: frozenset({"FAILED_PRECONDITION"}),
}
"""google/rpc/code.proto: which codes an HTTP status stands for; 418 is the contract's own."""

SERVED = {
    "shop.users": "users",
    "shop.catalog": "catalog",
    "shop.orders": "orders",
    "mesh.identity": "identity",
    "mesh.portal": "portal",
    "grpc.reflection": "users",
}
"""By the first two parts of a contract service's name."""


Metadata = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """What gRPC came back with."""

    code: str
    trailing: Mapping[str, Any]


class Doors:
    """A running mesh, asked both ways. One connection for each service."""

    def __init__(self, mesh: Mesh, contract: Contract, press: Press, *, without: str = "") -> None:
        found = mesh.components()
        self.gateway = str(found["gateway"]["address"])
        self.contract, self.press = contract, press
        names = sorted(set(SERVED.values()) - {without})
        self._channels = {name: grpc.insecure_channel(str(found[name]["address"])) for name in names}
        self._edge = grpc.insecure_channel(self.gateway)

    def close(self) -> None:
        for channel in (*self._channels.values(), self._edge):
            channel.close()

    def straight(self, method: Method, message: Message, who: Who) -> Said:
        """As the gRPC clients inside the mesh call."""
        shown = {"authorization": who.user, "x-service-authorization": who.service}
        return self.called(method, message, [(k, self.press.bearer(t)) for k, t in shown.items() if t])

    def grpc_gateway(self, method: Method, message: Message, who: Who) -> Said:
        """As the gRPC clients outside the mesh call, with the headers of REST."""
        headers = self._headers(who).items()
        return self._said(self._edge, method, message, [(k.lower(), v) for k, v in headers])

    def called(self, method: Method, message: Message | bytes, metadata: Metadata) -> Said:
        """Straight, with this metadata."""
        served = SERVED[".".join(method.service.split(".")[:2])]
        return self._said(self._channels[served], method, message, metadata)

    def _said(
        self, channel: grpc.Channel, method: Method, message: Message | bytes, metadata: Metadata
    ) -> Said:
        """Of a stream only the first message is read."""
        invoke = getattr(channel, OPEN[method.kind])(
            method.path,
            request_serializer=lambda sent: sent if isinstance(sent, bytes) else sent.SerializeToString(),
            response_deserializer=self._reads(method),
        )
        call: Any
        try:
            if method.streams_response:
                sent = iter([message]) if method.streams_request else message
                call = invoke(sent, timeout=SECONDS, metadata=tuple(metadata))
                next(call)
                call.cancel()
                return Said("OK", {})
            invoke(message, timeout=SECONDS, metadata=tuple(metadata))
        except grpc.RpcError as error:
            call = error
            return Said(call.code().name, dict(call.trailing_metadata() or ()))
        return Said("OK", {})

    def _reads(self, method: Method) -> Any:
        if method.response:
            return self.contract.message(method.response).FromString
        return reflection_pb2.ServerReflectionResponse.FromString

    def rest(self, asked: Asked, who: Who, origin: str = ORIGIN) -> Answer:
        """As a page of another origin calls, or with `origin` "" as no page does."""
        from_page = {"Origin": origin} if origin else {}
        return self.fetched(asked, {**from_page, **self._headers(who)})

    def _headers(self, who: Who) -> dict[str, str]:
        """A service alone shows its token as a user does."""
        token = who.user or who.service
        beside = who.service if who.user else None
        return {
            **({"Authorization": self.press.bearer(token)} if token else {}),
            **({"X-Service-Authorization": self.press.bearer(beside)} if beside else {}),
        }

    def fetched(self, asked: Asked, headers: Mapping[str, str]) -> Answer:
        """With these headers. Of an answer without an end only the beginning is read."""
        with self.open() as connection:
            connection.request(asked.verb, asked.path, *body_of(asked.body, _typed(asked, headers)))
            answer = connection.getresponse()
            endless = answer.status == 200 and asked.path.endswith(":watch")
            body = answer.read1() if endless else answer.read()
            return Answer(answer.status, headers_of(answer), body)

    def sent(self, asked: Asked, headers: Iterable[tuple[str, str]]) -> Answer:
        """With these headers, one of a name or more, in this order."""
        body, typed = body_of(asked.body, _typed(asked, {}))
        with self.open() as connection:
            connection.putrequest(asked.verb, asked.path)
            for name, value in (*typed.items(), *headers):
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, headers_of(answer), answer.read())

    @contextlib.contextmanager
    def open(self) -> Iterator[http.client.HTTPConnection]:
        with contextlib.closing(http.client.HTTPConnection(self.gateway, timeout=SECONDS)) as connection:
            yield connection


def _typed(asked: Asked, headers: Mapping[str, str]) -> Mapping[str, str]:
    return headers if asked.body is None else {"Content-Type": asked.kind, **headers}
