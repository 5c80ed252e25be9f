"""One document asked of a service: a method that takes nothing and answers with google.api.HttpBody."""

from collections.abc import Callable

import grpc
from google.api import httpbody_pb2

from protomesh.rpc.status import from_rpc_error


def http_body(channel: Callable[[], grpc.Channel], method: str, timeout: float) -> bytes:
    """The body that `/package.Service/Method` answers with. Raises members of the error tree."""
    ask = channel().unary_unary(
        method,
        request_serializer=lambda request: request,
        response_deserializer=httpbody_pb2.HttpBody.FromString,
    )
    try:
        body: bytes = ask(b"", timeout=timeout).data
    except grpc.RpcError as error:
        raise from_rpc_error(error, method.strip("/").partition("/")[0]) from None
    return body
