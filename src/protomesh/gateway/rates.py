"""How often one address, and one holder of a token, may ask: each has a bucket of its own."""

from protomesh.gateway.objects import Object, typed
from protomesh.settings import LimitSettings

MESSAGE = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
ADDRESSES = 10_000
TOKENS = 2_000
"""Buckets that are kept, those used last; a value of a header may be long."""
HOUSE = 64
"""Bits of an IPv6 address that one household or machine has (RFC 6177): the others are its to choose."""


def rate_filters(limits: LimitSettings) -> list[Object]:
    """None for a limit that is off. Where the address is that of the peer, no header can change it.

    Buckets by token are by the whole header: it is no key of a statistic and stands in no log.
    """
    found: list[Object] = []
    if limits.requests_per_second:
        by: Object = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": HOUSE}}
        bucket = _bucket(limits.requests_per_second, limits.burst)
        found.append(_filter("address", by, "masked_remote_address", bucket, ADDRESSES))
    if limits.identity_requests_per_second:
        by = {"request_headers": {"header_name": "authorization", "descriptor_key": "identity"}}
        bucket = _bucket(limits.identity_requests_per_second, limits.identity_burst)
        found.append(_filter("identity", by, "identity", bucket, TOKENS))
    return found


def _bucket(rate: int, burst: int) -> Object:
    return {"max_tokens": max(rate, burst), "tokens_per_fill": rate, "fill_interval": "1s"}


def _filter(name: str, action: Object, key: str, bucket: Object, kept: int) -> Object:
    """A descriptor without a value makes a bucket for each value that comes."""
    always: Object = {"default_value": {"numerator": 100}}
    return typed(
        f"envoy.filters.http.local_ratelimit.{name}",
        MESSAGE,
        stat_prefix=name,
        filter_enabled=always,
        filter_enforced=always,
        rate_limits=[{"actions": [action]}],
        descriptors=[{"entries": [{"key": key}], "token_bucket": bucket}],
        max_dynamic_descriptors=kept,
        enable_retry_after_header=True,
        rate_limited_as_resource_exhausted=True,
    )
