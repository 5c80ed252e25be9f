"""Server reflection as one more method inside the chain: the security policy decides who may look."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from grpc_reflection.v1alpha import reflection

from protomesh.contract import Kind, Method
from protomesh.rpc.call import Call

SERVICE = reflection.SERVICE_NAME

METHOD = Method(
    service=SERVICE,
    name="ServerReflectionInfo",
    request="grpc.reflection.v1alpha.ServerReflectionRequest",
    response="grpc.reflection.v1alpha.ServerReflectionResponse",
    kind=Kind.BIDI,
    bindings=(),
    read_only=True,
    available="",
)


def info(services: Iterable[str]) -> Callable[[Iterator[Any], Call], Iterator[Any]]:
    """The handler of `METHOD` for a server of these contract services."""
    servicer = reflection.ReflectionServicer((*services, SERVICE))
    return lambda requests, call: servicer.ServerReflectionInfo(requests, call.context)
