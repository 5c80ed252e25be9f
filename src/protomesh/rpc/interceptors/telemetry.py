"""A metric and a JSON line for every call, with its outcome. Requests and responses are never logged."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from protomesh.contract import Method
from protomesh.errors import MeshError
from protomesh.observe import CallMetrics, LogSink
from protomesh.rpc.call import Call
from protomesh.rpc.interceptor import Handler

UNKNOWN = 13
"""What the wire says of an exception that is not ours: INTERNAL."""

CANCELLED = 1


class Telemetry:
    """See the module."""

    def __init__(self, service: str, metrics: CallMetrics, sink: LogSink) -> None:
        self._service = service
        self._metrics = metrics
        self._sink = sink

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        report = self._report(method.full_name)
        return _stream(handler, report) if method.streams_response else _unary(handler, report)

    def _report(self, method: str) -> Callable[[Call, int], None]:
        observe, write, service = self._metrics.observe, self._sink.write, self._service

        def report(call: Call, code: int) -> None:
            seconds = time.monotonic() - call.started
            observe(method, code, seconds)
            write(
                {
                    "time": time.time(),
                    "level": "info",
                    "name": service,
                    "message": "call",
                    "method": method,
                    "code": code,
                    "ms": round(seconds * 1000, 3),
                    "subject": call.identity.subject,
                    "service": call.service,
                    "trace": call.traceparent,
                    "request_id": call.request_id,
                }
            )

        return report


def _unary(handler: Handler, report: Callable[[Call, int], None]) -> Handler:
    def unary(request: Any, call: Call) -> Any:
        code = UNKNOWN
        try:
            response = handler(request, call)
            code = 0
        except MeshError as error:
            code = error.code
            raise
        except Exception:
            code = UNKNOWN if call.active else CANCELLED
            raise
        finally:
            report(call, code)
        return response

    return unary


def _stream(handler: Handler, report: Callable[[Call, int], None]) -> Handler:
    def stream(request: Any, call: Call) -> Iterator[Any]:
        code = UNKNOWN
        try:
            yield from handler(request, call)
            code = 0
        except MeshError as error:
            code = error.code
            raise
        except GeneratorExit:
            code = CANCELLED
            raise
        except Exception:
            code = UNKNOWN if call.active else CANCELLED
            raise
        finally:
            report(call, code)

    return stream
