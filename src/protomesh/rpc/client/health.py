"""Whether a server serves: grpc.health.v1."""

import grpc
from grpc_health.v1 import health_pb2

from protomesh.rpc.client.clients import secure_channel
from protomesh.rpc.tls import Current

CHECK = "/grpc.health.v1.Health/Check"


def serving(
    address: str, timeout: float, service: str = "", *, tls: Current | None = None, server: str = ""
) -> bool:
    """Ask the server at `address` (host:port); False when it does not answer within `timeout` seconds.

    With `tls` its certificate must be that of the component `server`.
    """
    with _channel(address, tls, server) as channel:
        try:
            check = channel.unary_unary(
                CHECK,
                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                response_deserializer=health_pb2.HealthCheckResponse.FromString,
            )
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _channel(address: str, tls: Current | None, server: str) -> grpc.Channel:
    return secure_channel(address, server, tls) if tls else grpc.insecure_channel(address)
