"""What Envoy is started with."""

from collections.abc import Mapping

from protomesh.gateway.objects import Json, Object, any_of, typed

HEAP_BYTES = 512 * 1024 * 1024
MONITORS = "envoy.resource_monitors"


def static(listener: Object, clusters: list[Json], connections: int) -> Object:
    """All in one object, without administration."""
    return {**_common(connections, ""), "static_resources": {"listeners": [listener], "clusters": clusters}}


def dynamic(folder: str, connections: int, admin: str) -> Object:
    """Listener and clusters come from files, which Envoy reads again when they are replaced by rename."""
    resources: Object = {
        "lds_config": file_source(folder, "lds.json"),
        "cds_config": file_source(folder, "cds.json"),
    }
    return {**_common(connections, admin), "dynamic_resources": resources}


def file_source(folder: str, name: str) -> Object:
    """A ConfigSource that follows a file."""
    source: Object = {"path": f"{folder}/{name}", "watched_directory": {"path": folder}}
    return {"resource_api_version": "V3", "path_config_source": source}


def discovery(version: str, message: str, resources: list[Json]) -> Object:
    """A DiscoveryResponse, the content of such a file."""
    packed = [any_of(message, **each) for each in resources if isinstance(each, dict)]
    return {"version_info": version, "resources": packed}


def _common(connections: int, admin: str) -> Object:
    node: Mapping[str, Json] = {"id": "gateway", "cluster": "protomesh"}
    return {"node": node, **_admin(admin), "overload_manager": _overload(connections)}


def _admin(path: str) -> Object:
    """A socket that only its owner may use, and only for what cannot change or reveal the configuration."""
    if not path:
        return {}
    allowed = ("/ready", "/stats", "/drain_listeners", "/healthcheck/")
    address: Object = {"pipe": {"path": path, "mode": 0o600}}
    return {"admin": {"address": address, "allow_paths": [{"prefix": each} for each in allowed]}}


def _overload(connections: int) -> Object:
    heap = typed(
        f"{MONITORS}.fixed_heap",
        "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
        max_heap_size_bytes=HEAP_BYTES,
    )
    open_ones = typed(
        f"{MONITORS}.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=connections,
    )
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [heap, open_ones],
        "actions": [_action("shrink_heap", 0.95), _action("stop_accepting_requests", 0.98)],
    }


def _action(name: str, at: float) -> Object:
    trigger: Object = {"name": f"{MONITORS}.fixed_heap", "threshold": {"value": at}}
    return {"name": f"envoy.overload_actions.{name}", "triggers": [trigger]}
