"""From the engine's handler to ours: one folded chain per method, with a `Call` for every call.

Handlers are registered with identity serializers: decoding happens inside the chain, so that bad bytes get a
clean INVALID_ARGUMENT instead of the engine's own error.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc

from protomesh.context import CURRENT
from protomesh.contract import Kind, Method
from protomesh.errors import MeshError
from protomesh.rpc.admission import AdmissionPool
from protomesh.rpc.call import Call
from protomesh.rpc.interceptor import Handler, Interceptor, fold
from protomesh.rpc.status import abort

MakeCall = Callable[[Method, grpc.ServicerContext], Call]

REGISTER = {
    Kind.UNARY: grpc.unary_unary_rpc_method_handler,
    Kind.SERVER_STREAM: grpc.unary_stream_rpc_method_handler,
    Kind.CLIENT_STREAM: grpc.stream_unary_rpc_method_handler,
    Kind.BIDI: grpc.stream_stream_rpc_method_handler,
}


def endpoint(
    method: Method, handler: Handler, chain: Sequence[Interceptor], pool: AdmissionPool, make_call: MakeCall
) -> "grpc.RpcMethodHandler[Any, Any]":
    """The method as the engine wants it."""
    folded = fold(chain, method, handler)
    behave = _streaming if method.streams_response or method.streams_request else _unary
    return REGISTER[method.kind](behave(method, folded, pool, make_call))


def _unary(method: Method, handler: Handler, pool: AdmissionPool, make_call: MakeCall) -> Any:
    def unary(request: bytes, context: grpc.ServicerContext) -> Any:
        _admit(pool.refuse_if_full, context)
        call = make_call(method, context)
        CURRENT.set(call)
        try:
            return handler(request, call)
        finally:
            CURRENT.set(None)  # otherwise call and context hold each other

    return unary


def _streaming(method: Method, handler: Handler, pool: AdmissionPool, make_call: MakeCall) -> Any:
    def enter(context: grpc.ServicerContext) -> None:
        _admit(pool.refuse_if_full, context)
        _admit(pool.open_stream, context)

    def run(request: Any, context: grpc.ServicerContext) -> Any:
        call = make_call(method, context)
        CURRENT.set(call)
        return handler(request, call)

    def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        enter(context)
        try:
            yield from run(request, context)
        finally:
            CURRENT.set(None)
            pool.close_stream()

    def single(request: Any, context: grpc.ServicerContext) -> Any:
        enter(context)
        try:
            return run(request, context)
        finally:
            CURRENT.set(None)
            pool.close_stream()

    return stream if method.streams_response else single


def _admit(step: Callable[[], None], context: grpc.ServicerContext) -> None:
    try:
        step()
    except MeshError as error:
        abort(context, error)
