"""A call put to a running server, and all that came back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

from protomesh.contract import Contract, Method
from tests.support.contracts import callable_of

SECONDS = 60.0
"""How long a call may take before the test is lost; generous, for a machine that is busy."""

Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is a status's name; `responses` all that came before it; headers by name, in order."""

    code: str
    message: str
    responses: list[Any]
    initial: Mapping[str, list[Any]]
    trailing: Mapping[str, list[Any]]

    @property
    def response(self) -> Any:
        assert self.code == "OK", f"{self.code}: {self.message}"
        assert len(self.responses) == 1, f"{len(self.responses)} responses"
        return self.responses[0]


def ask(
    contract: Contract,
    channel: grpc.Channel,
    method: Method,
    request: Any,
    *,
    metadata: Metadata = (),
    timeout: float | None = SECONDS,
) -> Answer:
    """Call the method; `request` is a message, bytes, or an iterable of these. Never raises RpcError."""
    invoke = callable_of(contract, method, channel)
    sent = iter(request) if method.streams_request else request
    responses: list[Any] = []
    call: Any
    try:
        if method.streams_response:
            call = invoke(sent, timeout=timeout, metadata=tuple(metadata))
            responses.extend(call)
        else:
            response, call = invoke.with_call(sent, timeout=timeout, metadata=tuple(metadata))
            responses.append(response)
    except grpc.RpcError as error:
        call = error
    return Answer(
        call.code().name,
        call.details() or "",
        responses,
        _headers(call.initial_metadata()),
        _headers(call.trailing_metadata()),
    )


def _headers(metadata: Any) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, value in metadata or ():
        found.setdefault(name, []).append(value)
    return found
