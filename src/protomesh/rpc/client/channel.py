"""A channel that generated stubs can be built on: it routes by service and adds what calls must carry.

One object stands for all services: each method goes to the channel of the service that it names, with the
deadline, the end user and the trace of the call being handled, and this process's own identity beside.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc

from protomesh.context import CURRENT
from protomesh.errors import CallInsideTransaction, ConfigError, DeadlineExceeded
from protomesh.rpc.status import from_rpc_error

Metadata = tuple[tuple[str, str], ...]
Open = Callable[[str], grpc.Channel]
"""The gRPC channel of a contract service, `shop.users.v1.Users`. Raises ConfigError."""


class MeshChannel(grpc.Channel):
    """See the module. Calls raise members of the error tree, never grpc.RpcError."""

    def __init__(self, open_channel: Open, service_token: Callable[[], str], default_timeout: float) -> None:
        self._open = open_channel
        self._service_token = service_token
        self._default_timeout = default_timeout

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        return self._caller("unary_unary", method, args, kwargs, streams=False)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request, responses one by one."""
        return self._caller("unary_stream", method, args, kwargs, streams=True)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Requests one by one, one response."""
        return self._caller("stream_unary", method, args, kwargs, streams=False)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Both sides one by one."""
        return self._caller("stream_stream", method, args, kwargs, streams=True)

    def subscribe(self, callback: Any, try_to_connect: Any = None) -> None:  # noqa: ARG002 - gRPC's signature
        """Refused: there is a connection for each service."""
        raise ConfigError("a mesh channel has no single connection to watch", where="Channel.subscribe")

    def unsubscribe(self, callback: Any) -> None:  # noqa: ARG002 - gRPC's signature
        """Refused, as `subscribe` is."""
        raise ConfigError("a mesh channel has no single connection to watch", where="Channel.unsubscribe")

    def close(self) -> None:
        """The connections belong to `Clients`, which closes them."""

    def _caller(self, kind: str, method: str, args: Any, kwargs: Mapping[str, Any], *, streams: bool) -> Any:
        service = method.strip("/").partition("/")[0]
        made: list[Any] = []

        def invoke(request: Any, timeout: float | None = None, metadata: Metadata | None = None) -> Any:
            if not made:
                made.append(getattr(self._open(service), kind)(method, *args, **kwargs))
            seconds, carried = self._carry(method, timeout)
            try:
                answer = made[0](request, timeout=seconds, metadata=(*carried, *(metadata or ())))
            except grpc.RpcError as error:
                raise from_rpc_error(error, service) from None
            return _responses(answer, service) if streams else answer

        return invoke

    def _carry(self, method: str, timeout: float | None) -> tuple[float, Metadata]:
        """The time left, and the metadata. Raises CallInsideTransaction, DeadlineExceeded."""
        seconds = self._default_timeout if timeout is None else timeout
        metadata: list[tuple[str, str]] = []
        origin = CURRENT.get()
        if origin is not None:
            if origin.holds_writes:
                raise CallInsideTransaction(
                    f"{method}: call first, then write: the open transaction holds locks"
                )
            if origin.deadline is not None:
                seconds = min(seconds, origin.deadline - time.monotonic())
            if seconds <= 0:
                raise DeadlineExceeded(f"{method}: no time is left for this call")
            carried = {
                "authorization": origin.authorization,
                "traceparent": origin.traceparent,
                "x-causation-id": origin.causation_id,
                "x-correlation-id": origin.correlation_id,
            }
            metadata.extend((name, value) for name, value in carried.items() if value)
        token = self._service_token()
        if token:
            metadata.append(("x-service-authorization", f"Bearer {token}"))
        return seconds, tuple(metadata)


def _responses(answer: Any, service: str) -> Iterator[Any]:
    try:
        yield from answer
    except grpc.RpcError as error:
        raise from_rpc_error(error, service) from None
    finally:
        answer.cancel()
