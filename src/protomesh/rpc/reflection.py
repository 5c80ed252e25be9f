"""Server reflection as more methods inside the chain: the security policy decides who may look."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from grpc_reflection.v1alpha import reflection

from protomesh.contract import Kind, Method
from protomesh.rpc.call import Call

SERVICES = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)
"""Two names of one protocol: the messages of `v1` are those of `v1alpha`, byte by byte."""


def method(service: str) -> Method:
    """The one method of a service of that name."""
    return Method(
        service=service,
        name="ServerReflectionInfo",
        request="grpc.reflection.v1alpha.ServerReflectionRequest",
        response="grpc.reflection.v1alpha.ServerReflectionResponse",
        kind=Kind.BIDI,
        bindings=(),
        read_only=True,
        available="",
    )


def info(services: Iterable[str]) -> Callable[[Iterator[Any], Call], Iterator[Any]]:
    """The handler of both, for a server of these contract services."""
    servicer = reflection.ReflectionServicer((*services, *SERVICES))
    return lambda requests, call: servicer.ServerReflectionInfo(requests, call.context)
