"""Cross-origin rules (Fetch standard, section 3.2) for browsers."""

from protomesh.gateway.objects import Object, any_of
from protomesh.settings import CorsSettings

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ACCEPTED = (
    "authorization, content-type, if-match, if-none-match, idempotency-key, prefer, "
    "traceparent, tracestate, x-grpc-web, x-user-agent, grpc-timeout"
)
EXPOSED = (
    "location, link, etag, retry-after, x-request-id, www-authenticate, allow, "
    "grpc-status, grpc-message, grpc-status-details-bin"
)


def policy(cors: CorsSettings) -> Object:
    """The policy of a virtual host. No origins: no page of another origin may read an answer."""
    return any_of(
        "envoy.extensions.filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match=[_origin(each) for each in cors.origins],
        allow_methods=METHODS,
        allow_headers=ACCEPTED,
        expose_headers=EXPOSED,
        max_age=str(cors.max_age_seconds),
        allow_credentials=cors.credentials,
    )


def _origin(origin: str) -> Object:
    """Exact, or matched in full by a regular expression: a prefix or suffix would let look-alikes in."""
    if origin.startswith("~"):
        return {"safe_regex": {"regex": origin[1:]}}
    return {"exact": origin}
