"""Generated stubs over a road in memory: requests and answers cross it as bytes, as they would a network."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from protomesh.context import CURRENT, Origin
from protomesh.contract import Contract
from protomesh.errors import Unimplemented

S = TypeVar("S")
Handler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: `origin` is on whose behalf."""

    method: str
    """`shop.users.v1.Users/GetUser`"""
    request: Message
    origin: Origin | None


class LoopbackClients:
    """`protomesh.context.Clients`. `services` maps a contract service to an object with its methods.

    A method takes the request and returns the response, or an iterator of them; what it raises, the caller
    sees. A method that is missing raises Unimplemented.
    """

    def __init__(self, contract: Contract, services: dict[str, object]) -> None:
        self._contract = contract
        self._services = services
        self.calls: list[Call] = []

    def stub(self, stub: type[S]) -> S:
        """An object of the generated stub class."""
        return stub(self)  # type: ignore[call-arg]  # generated stubs all take a channel

    def unary_unary(self, path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """What a generated stub asks of its channel."""
        return self._caller(path, *args, **kwargs)

    def unary_stream(self, path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """What a generated stub asks of its channel."""
        return self._caller(path, *args, **kwargs)

    def stream_unary(self, path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """What a generated stub asks of its channel."""
        return self._caller(path, *args, **kwargs)

    def stream_stream(self, path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """What a generated stub asks of its channel."""
        return self._caller(path, *args, **kwargs)

    def _caller(
        self,
        path: str,
        request_serializer: Callable[[Any], bytes],
        response_deserializer: Callable[[bytes], Any],
        **_options: Any,
    ) -> Callable[..., Any]:
        method = self._contract.methods[path.strip("/")]
        parse = self._contract.message(method.request).FromString

        def across(request: Message) -> Message:
            return parse(request_serializer(request))

        def call(request: Any, timeout: float | None = None, metadata: object = None) -> Any:
            del timeout, metadata
            handler = self._handler(method.service, method.name)
            if method.streams_request:
                answer = handler(self._noted(method.full_name, map(across, request)))
            else:
                answer = handler(next(self._noted(method.full_name, [across(request)])))
            if method.streams_response:
                return (response_deserializer(item.SerializeToString()) for item in answer)
            return response_deserializer(answer.SerializeToString())

        return call

    def _noted(self, method: str, requests: Iterable[Message]) -> Iterator[Message]:
        for request in requests:
            self.calls.append(Call(method, request, CURRENT.get()))
            yield request

    def _handler(self, service: str, name: str) -> Handler:
        handler = getattr(self._services.get(service), name, None)
        if not callable(handler):
            raise Unimplemented(f"{service}/{name}")
        return handler  # type: ignore[no-any-return]  # looked up by name
