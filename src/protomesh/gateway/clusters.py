"""One cluster per service: its replicas take turns, and only those that answer gRPC health checks."""

import ipaddress
from collections.abc import Callable, Iterable

from protomesh.errors import ConfigError
from protomesh.gateway.addresses import Addresses, Endpoint
from protomesh.gateway.objects import Object, any_of
from protomesh.gateway.routes import NOWHERE

Socket = Callable[[str], Object]
"""The transport socket of the cluster of that name; empty for plain TCP."""

OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def clusters(names: Iterable[str], addresses: Addresses, socket: Socket) -> list[Object]:
    """Raises ConfigError for a service without an address."""
    return [*(_cluster(name, _endpoints(name, addresses), socket(name)) for name in names), _nowhere()]


def _endpoints(name: str, addresses: Addresses) -> tuple[Endpoint, ...]:
    found = addresses.services.get(name, ())
    if not found:
        raise ConfigError("no address is known for this service", where=f"services.{name}")
    return found


def _cluster(name: str, endpoints: tuple[Endpoint, ...], socket: Object) -> Object:
    return {
        "name": name,
        "type": "STATIC" if all(map(_is_ip, endpoints)) else "STRICT_DNS",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": 65536,
        "lb_policy": "ROUND_ROBIN",
        # Without a healthy replica the answer is 503 at once, not a try at one that is known to be away.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "health_checks": [_health_check()],
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_lb(e) for e in endpoints]}],
        },
        "typed_extension_protocol_options": {OPTIONS: _http2()},
        **({"transport_socket": socket} if socket else {}),
    }


def _health_check() -> Object:
    """grpc.health.v1: quick to use a restarted service again, slow to condemn one under load."""
    return {
        "timeout": "3s",
        "interval": "1s",
        "no_traffic_interval": "0.25s",
        "no_traffic_healthy_interval": "1s",
        "unhealthy_interval": "0.25s",
        "unhealthy_edge_interval": "0.25s",
        "unhealthy_threshold": 3,
        "healthy_threshold": 1,
        "grpc_health_check": {},
    }


def _http2() -> Object:
    return any_of(OPTIONS, explicit_http_config={"http2_protocol_options": {}})


def _lb(endpoint: Endpoint) -> Object:
    address: Object = {"socket_address": {"address": endpoint.host, "port_value": endpoint.port}}
    return {"endpoint": {"address": address}}


def _nowhere() -> Object:
    return {"name": NOWHERE, "type": "STATIC", "connect_timeout": "1s"}


def _is_ip(endpoint: Endpoint) -> bool:
    try:
        ipaddress.ip_address(endpoint.host)
    except ValueError:
        return False
    return True
