"""Where a route sends a call, for how long, and what headers it may not bring."""

from protomesh.gateway.exposure import Exposed
from protomesh.gateway.objects import Json, Object, any_of, seconds, typed
from protomesh.settings import LimitSettings

HEADER_MUTATION = "envoy.filters.http.header_mutation"
PER_ROUTE = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute"

NOT_SENT = "connect-failure,refused-stream,reset-before-request"

DETAILS = "grpc-status-details-bin"

CORE_ONLY = (
    "grpc-status",
    "grpc-message",
    DETAILS,
    "grpc-retry-pushback-ms",
    "grpc-previous-rpc-attempts",
    "grpc-internal-encoding-request",
    "grpc-server-stats-bin",
    "grpc-tags-bin",
    "lb-token",
    "lb-cost-bin",
)
"""Names that the gRPC core reads itself and no caller has to send: a bad value spoils a shared connection."""

NO_METADATA = "[^:]*[^0-9a-z_.:-][^:]*"
"""Names that HTTP allows (RFC 9110, 5.6.2) and gRPC does not ("Custom-Metadata"): a service would fail."""


def action(exposed: Exposed, limits: LimitSettings) -> Object:
    """To the cluster of the service, with a deadline that the service is told in `grpc-timeout`."""
    timing = _stream(limits) if exposed.streams else _unary(limits)
    again = exposed.method.read_only and not exposed.streams
    return {"cluster": exposed.server, **timing, "retry_policy": _retry(read_only=again)}


def _unary(limits: LimitSettings) -> Object:
    longest = seconds(limits.timeout_seconds)
    return {"timeout": longest, "max_stream_duration": _duration(longest)}


def _stream(limits: LimitSettings) -> Object:
    """A service ends its streams at `stream_seconds` with a token to resume by: that must come first."""
    longest = seconds(limits.stream_seconds + limits.timeout_seconds)
    return {"timeout": "0s", "idle_timeout": longest, "max_stream_duration": _duration(longest)}


def _duration(longest: str) -> Object:
    return {"max_stream_duration": longest, "grpc_timeout_header_max": longest}


def _retry(*, read_only: bool) -> Object:
    """A call that did not reach a service is tried on another replica; one that may have only if it reads."""
    others = typed(
        "envoy.retry_host_predicates.previous_hosts",
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {
        "retry_on": NOT_SENT + (",reset" if read_only else ""),
        "num_retries": 2,
        "retry_host_predicate": [others],
        "host_selection_retry_max_attempts": 3,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }


def rpc_headers() -> Object:
    """For a route that gRPC callers take."""
    core: list[Object] = [{"remove": name} for name in CORE_ONLY]
    request = [*core, _all(safe_regex={"regex": NO_METADATA})]
    return {HEADER_MUTATION: _mutations(request, ["x-http-status"])}


def rest_headers(*, stream: bool) -> Object:
    """Takes away what only a gRPC caller may say, which would reach the service unchecked, or should hear.

    The trailer of a stream stays: over HTTP/2 it is what tells a broken one from a complete one.
    """
    request = [
        _all(prefix="grpc-"),
        _all(prefix="lb-"),
        _all(suffix="-bin"),
        _all(safe_regex={"regex": NO_METADATA}),
    ]
    trailers = ["x-http-status"] if stream else ["x-http-status", "grpc-status", "grpc-message", DETAILS]
    return {HEADER_MUTATION: _mutations(request, trailers)}


def _all(**names: Json) -> Object:
    return {"remove_on_match": {"key_matcher": names}}


def _mutations(request: list[Object], trailers: list[str]) -> Object:
    removed = [{"remove": name} for name in trailers]
    return any_of(PER_ROUTE, mutations={"request_mutations": request, "response_trailers_mutations": removed})
