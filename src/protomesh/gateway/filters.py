"""The chain of HTTP filters. Requests pass it downwards, answers upwards; each one's place has its reason."""

from collections.abc import Iterable

from protomesh.gateway.objects import Json, Object, typed
from protomesh.gateway.rates import rate_filters
from protomesh.settings import LimitSettings

HTTP = "envoy.extensions.filters.http"


def http_filters(
    script: str, transcoder: Object, extra: Iterable[Json], limits: LimitSettings, clusters: Iterable[str]
) -> list[Json]:
    """`script` is the path of the edge filter's Lua as Envoy will see it; `extra` the user's own filters.

    `GET /healthz` tells whether the gateway lives, `GET /readyz` whether each of `clusters` has a healthy
    replica.
    """
    return [
        _health_check("/healthz"),
        _health_check("/readyz", cluster_min_healthy_percentages={name: {"value": 1.0} for name in clusters}),
        # Before all that can refuse, so that every refusal can be read by a page of another origin.
        typed("envoy.filters.http.cors", f"{HTTP}.cors.v3.Cors"),
        # From here on gRPC-Web is gRPC, and what is refused comes back as such.
        typed("envoy.filters.http.grpc_web", f"{HTTP}.grpc_web.v3.GrpcWeb"),
        # Before any work is done for the caller.
        *rate_filters(limits),
        typed(
            "envoy.filters.http.lua",
            f"{HTTP}.lua.v3.Lua",
            default_source_code={"filename": script},
            clear_route_cache=False,
        ),
        *extra,
        # The transcoder's own limit is that of its buffers: only this one is exact.
        typed(
            "envoy.filters.http.body_size_limit",
            f"{HTTP}.body_size_limit.v3.BodySizeLimit",
            max_request_bytes=limits.body_bytes,
        ),
        typed("envoy.filters.http.header_mutation", f"{HTTP}.header_mutation.v3.HeaderMutation"),
        transcoder,
        typed("envoy.filters.http.router", f"{HTTP}.router.v3.Router"),
    ]


def _health_check(path: str, **more: Json) -> Object:
    header: Object = {"name": ":path", "string_match": {"exact": path}}
    return typed(
        f"envoy.filters.http.health_check{path.replace('/', '.')}",
        f"{HTTP}.health_check.v3.HealthCheck",
        pass_through_mode=False,
        headers=[header],
        **more,
    )
