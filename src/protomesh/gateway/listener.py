"""The one listener: REST, gRPC and gRPC-Web on one port.

Hardened by the list in Envoy's documentation, "Configuring Envoy as an edge proxy".
"""

from protomesh.gateway.addresses import Endpoint
from protomesh.gateway.errors import local_reply_config
from protomesh.gateway.objects import Json, Object, any_of, seconds, typed
from protomesh.settings import LimitSettings

MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
MUTATION = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"

INTERNAL = (
    "x-http-status",
    "x-causation-id",
    "x-correlation-id",
    "x-service-authorization",
    "x-user",
    "x-user-id",
    "x-forwarded-user",
    "x-remote-user",
)
INTERNAL_PREFIXES = ("x-envoy-", "x-mesh-", "x-identity-", "x-authenticated-")
"""With `INTERNAL`, what no stranger may say: how a call came, its cause, and who others found it to be from.

Services call each other directly, so a service's own credentials never come through here.
"""

LOG_LINE: Object = {
    "time": "%START_TIME%",
    "id": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "rpc": "%PATH(NQ:PATH)%",
    "status": "%RESPONSE_CODE%",
    "why": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "ms": "%DURATION%",
}
"""The query is left out: people put secrets in it. The gRPC status is not known for a transcoded call."""


def listener(at: Endpoint, manager: Object, socket: Object) -> Object:
    """The port, and what serves it; an empty `socket` is plain TCP."""
    chain: Object = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
        **({"transport_socket": socket} if socket else {}),
    }
    return {
        "name": "edge",
        "address": {"socket_address": {"address": at.host, "port_value": at.port}},
        "enable_reuse_port": False,  # otherwise a second Envoy would silently share the port
        "per_connection_buffer_limit_bytes": 65536,
        "filter_chains": [chain],
    }


def connection_manager(
    routing: Object, http_filters: list[Json], limits: LimitSettings, *, uploads: bool
) -> Object:
    """`routing` is `route_config` or `rds`. With `uploads` a request may take as long as its route says."""
    return any_of(
        MANAGER,
        stat_prefix="edge",
        codec_type="AUTO",
        server_name="protomesh",
        **_identity(),
        **_paths(),
        **_bounds(limits, uploads=uploads),
        early_header_mutation_extensions=[_early_mutation()],
        access_log=[_access_log()],
        local_reply_config=local_reply_config(),
        http_filters=http_filters,
        **routing,
    )


def _identity() -> Object:
    """Every caller is a stranger, those on the machine's own network too; each request gets an id."""
    return {
        "use_remote_address": True,
        "xff_num_trusted_hops": 0,
        "always_set_request_id_in_response": True,
    }


def _paths() -> Object:
    """An escaped slash stays in its segment: it is a part of the value of a path variable."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
    }


def _bounds(limits: LimitSettings, *, uploads: bool) -> Object:
    return {
        "max_request_headers_kb": limits.header_kilobytes,
        "request_headers_timeout": "10s",
        "request_timeout": "0s" if uploads else seconds(limits.request_seconds),
        "stream_idle_timeout": "60s",
        "common_http_protocol_options": {
            "headers_with_underscores_action": "REJECT_REQUEST",
            "idle_timeout": seconds(limits.idle_seconds),
            "max_headers_count": limits.headers,
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": 1048576,
        },
    }


def _early_mutation() -> Object:
    """Before anything looks at the request: only the gateway itself says how a call came and how it ended.

    And only a service or a function knows what caused a call, and of which story it is a part.
    """
    remove: list[Object] = [{"remove": name} for name in INTERNAL]
    remove.extend({"remove_on_match": {"key_matcher": {"prefix": each}}} for each in INTERNAL_PREFIXES)
    return typed("envoy.http.early_header_mutation.header_mutation", MUTATION, mutations=remove)


def _access_log() -> Object:
    logger = typed(
        "envoy.access_loggers.stdout",
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": LOG_LINE},
    )
    return {**logger, "filter": {"not_health_check_filter": {}}}


def virtual_host(routes: list[Json], cors: Object) -> Object:
    """All of the one host. Envoy's CORS filter never says that an answer depends on the origin: we do."""
    return {
        "name": "edge",
        "domains": ["*"],
        "typed_per_filter_config": {"envoy.filters.http.cors": cors},
        "response_headers_to_remove": ["x-envoy-upstream-service-time"],
        "response_headers_to_add": [
            _header("vary", "Origin", "APPEND_IF_EXISTS_OR_ADD"),
            # The edge filter needs it in the body of an error, and sees no request headers by then.
            _header("x-request-id", "%REQ(X-REQUEST-ID)%", "OVERWRITE_IF_EXISTS_OR_ADD"),
        ],
        "routes": routes,
    }


def _header(name: str, value: str, action: str) -> Object:
    return {"header": {"key": name, "value": value}, "append_action": action}
