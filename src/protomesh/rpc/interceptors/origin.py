"""Whether a browser sent a request for a page of our own: cookies come with requests of any page."""

from collections.abc import Mapping
from typing import Any

SAFE = ("GET", "HEAD", "OPTIONS")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_own_page(metadata: Mapping[str, Any]) -> bool:
    """`metadata` is what the gateway said of a REST call.

    A request that changes nothing may come from anywhere: CORS decides who may read the answer. Any other
    needs an `Origin` (RFC 6454, 7) that is this very host: scheme, name and port.
    """
    if metadata.get("x-envoy-original-method") in SAFE:
        return True
    scheme = str(metadata.get("x-forwarded-proto", ""))
    host = str(metadata.get("x-envoy-original-authority", "")).lower()
    own = f"{scheme}://{host.removesuffix(DEFAULT_PORTS.get(scheme, ''))}"
    return bool(scheme and host) and metadata.get("origin") == own
