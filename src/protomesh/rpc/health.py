"""grpc.health.v1, answered by threads of its own: a server that is busy is not a server that is dead.

Registered as a generic handler only: the native engine then leaves it to its grpcio side, which alone knows
handlers with threads of their own.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

THREADS = 2


class Health:
    """What a server says of itself, as a whole ("") and by contract service."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        self._servicer = health.HealthServicer()
        self._servicer.set("", HealthCheckResponse.NOT_SERVING)

    def handler(self) -> grpc.GenericRpcHandler:
        """Check and Watch; a watch holds no thread."""

        def check(request: HealthCheckRequest, context: grpc.ServicerContext) -> HealthCheckResponse:
            return self._servicer.Check(request, context)

        def watch(request: HealthCheckRequest, context: grpc.ServicerContext, send: Any = None) -> Any:
            return self._servicer.Watch(request, context, send)

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
        """Nothing serves any more, for good."""
        self._servicer.enter_graceful_shutdown()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
