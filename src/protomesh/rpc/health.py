"""grpc.health.v1, answered by threads of its own: a server that is busy is not a server that is dead.

Registered as a generic handler only: the native engine then leaves it to its grpcio side, which alone knows
handlers with threads of their own.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

THREADS = 2

Send = Callable[[HealthCheckResponse | None], None]
"""Sends a status to a watch; None ends it."""


class Health:
    """What a server says of itself, as a whole ("") and by contract service."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        self._servicer = health.HealthServicer()
        self._servicer.set("", HealthCheckResponse.NOT_SERVING)
        self._watching: set[Send] = set()

    def handler(self) -> grpc.GenericRpcHandler:
        """Check and Watch; a watch holds no thread."""

        def check(request: HealthCheckRequest, context: grpc.ServicerContext) -> HealthCheckResponse:
            return self._servicer.Check(request, context)

        def watch(request: HealthCheckRequest, context: grpc.ServicerContext, send: Send) -> None:
            self._watching.add(send)
            context.add_callback(lambda: self._watching.discard(send))
            self._servicer.Watch(request, context, send)

        for behavior in (check, watch):
            vars(behavior)["experimental_thread_pool"] = self._pool
        vars(watch)["experimental_non_blocking"] = True
        codecs = (HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString)
        return grpc.method_handlers_generic_handler(
            health.SERVICE_NAME,
            {
                "Check": grpc.unary_unary_rpc_method_handler(check, *codecs),
                "Watch": grpc.unary_stream_rpc_method_handler(watch, *codecs),
            },
        )

    def serve(self, services: Iterable[str]) -> None:
        """Everything serves."""
        for name in ("", *services):
            self._servicer.set(name, HealthCheckResponse.SERVING)

    def drain(self) -> None:
        """Nothing serves any more, for good. Watches are told, and ended: the server would wait for them."""
        self._servicer.enter_graceful_shutdown()
        for send in list(self._watching):
            send(None)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
