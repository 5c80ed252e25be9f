"""Conditional REST requests (RFC 9110, 13): what a call's headers ask of the resource."""

from protomesh.errors import EtagMismatch
from protomesh.rpc.call import Call, Headers
from protomesh.rpc.etags import is_among, matches, tags_of, wanted

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"


def verb_of(call: Call) -> str:
    """The HTTP method of a call that came as REST, GET for HEAD; empty over gRPC."""
    return str(call.metadata.get("x-envoy-original-method", ""))


def header(call: Call, name: str) -> str | None:
    """A header with all of its lines as one list (RFC 9110, 5.3); None where there is none."""
    key = name.lower()
    if key not in call.metadata:
        return None
    if not call.repeats:
        return str(call.metadata[key])
    return ", ".join(str(value) for each, value in call.context.invocation_metadata() if each == key)


def before_write(call: Call) -> str:
    """What If-Match puts into the request's `etag`, empty for any. Raises InvalidArgument."""
    text = header(call, IF_MATCH)
    return "" if text is None else wanted(tags_of(IF_MATCH, text))


def after_read(call: Call, etag: str) -> Headers:
    """304 where the reader has this state already. Raises EtagMismatch, InvalidArgument.

    In the order of 13.2.2.
    """
    text = header(call, IF_MATCH)
    if text is not None:
        tags = tags_of(IF_MATCH, text)
        if tags and not matches(wanted(tags), etag):
            raise EtagMismatch(f"the etag is {etag}, not {wanted(tags)}")
    text = header(call, IF_NONE_MATCH)
    if text is None:
        return ()
    tags = tags_of(IF_NONE_MATCH, text)
    return (("x-http-status", "304"),) if not tags or is_among(etag, tags) else ()
