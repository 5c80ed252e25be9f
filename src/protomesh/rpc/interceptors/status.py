"""Outermost: responses become bytes and REST headers, exceptions become a status.

Alone sends metadata: `x-http-status` and its companions as initial metadata of a success, after the commit,
and only to calls that came as REST; as trailing metadata of a failure.
"""

import logging
from collections.abc import Iterator
from typing import Any, NoReturn

import grpc

from protomesh.contract import Contract, Method
from protomesh.errors import Internal, MeshError
from protomesh.rpc.answer import Answer, answer_of
from protomesh.rpc.call import Call, Headers
from protomesh.rpc.interceptor import Handler
from protomesh.rpc.status import abort


def _headers(answer: Answer | None, response: Any, call: Call) -> Headers:
    return (*answer(response, call), *call.links) if answer is not None else call.links


class Status:
    """See the module."""

    def __init__(self, contract: Contract, log: logging.Logger) -> None:
        self._contract = contract
        self._log = log

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        if method.streams_response:
            return self._stream(handler)
        return self._unary(handler, answer_of(method, self._contract))

    def _unary(self, handler: Handler, answer: Answer | None) -> Handler:
        def unary(request: Any, call: Call) -> bytes:
            try:
                response = handler(request, call)
                data: bytes = response.SerializeToString()
                headers = _headers(answer, response, call) if call.rest else ()
            except BaseException as error:  # noqa: BLE001 - the edge of the system: nothing may pass it
                self._fail(call, error)
            if headers:
                call.context.send_initial_metadata(headers)
            return data

        return unary

    def _stream(self, handler: Handler) -> Handler:
        def stream(request: Any, call: Call) -> Iterator[bytes]:
            try:
                for response in handler(request, call):
                    yield response.SerializeToString()
            except GeneratorExit:
                raise  # the engine has no more use for us: the caller has gone
            except BaseException as error:  # noqa: BLE001 - the edge of the system: nothing may pass it
                self._fail(call, error)

        return stream

    def _fail(self, call: Call, error: BaseException) -> NoReturn:
        """Nothing of an unknown exception reaches the wire, and all of it the log.

        SystemExit and its like too: in a thread of the engine it would end nothing but the caller's hope.
        """
        if type(error) is grpc.RpcError and not call.active:
            raise error  # what the engine raises out of the requests of a caller that has gone
        if isinstance(error, Internal) or not isinstance(error, MeshError):
            self._log.error(
                "call failed",
                exc_info=error,
                extra={"method": call.method.full_name, "request_id": call.request_id},
            )
            error = Internal("internal error")
        abort(call.context, error, call.failure_headers)
