"""From a frame to the handler, and from its answer to a frame."""

from typing import Any, NamedTuple

from kafka.protocol.metadata import ApiVersionsRequest, ApiVersionsResponse

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code
from protomesh.broker.embedded.frames import BadFrame, Head, head_of, skip_tags
from protomesh.broker.embedded.handlers import APIS
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State


class Call(NamedTuple):
    """A request, decoded, and what answers it."""

    head: Head
    api: Api
    request: Any


def api_versions(_state: State, _request: Any, _peer: Peer) -> Any:
    """What there is; all that is not listed does not exist here, transactions among it."""
    return _versions(Code.NONE)


_VERSIONS = Api(ApiVersionsRequest, 0, 3, api_versions)
_BY_KEY = {api.key: api for api in (*APIS, _VERSIONS)}


def decode(frame: bytes) -> Call | bytes:
    """The call, or the frame to answer with at once.

    Raises BadFrame for what the protocol has no answer to.
    """
    head = head_of(frame)
    api = _BY_KEY.get(head.key)
    if api is None:
        raise BadFrame(f"request type {head.key} is not served")
    if not api.lowest <= head.version <= api.highest:
        if api is _VERSIONS:
            # The one request that has an answer to this: in version 0, with the list (KIP-511).
            return encode(_versions(Code.UNSUPPORTED_VERSION), head.correlation, 0)
        raise BadFrame(f"version {head.version} of {api.codec.__name__} is not served")
    at = skip_tags(frame, head.rest) if api.codec.flexible_version_q(head.version) else head.rest
    try:
        request = api.codec.decode(memoryview(frame)[at:], version=head.version)
    except Exception as error:  # a codec may stumble over hostile bytes in any way
        raise BadFrame(f"{api.codec.__name__}: {type(error).__name__}: {error}") from error
    return Call(head, api, request)


def encode(response: Any, correlation: int, version: int) -> bytes:
    """The frame."""
    response.API_VERSION = version
    response.with_header(correlation_id=correlation)
    return bytes(response.encode(header=True, framed=True))


def _versions(code: Code) -> Any:
    keys = [
        ApiVersionsResponse.ApiVersion(api_key=key, min_version=api.lowest, max_version=api.highest)
        for key, api in sorted(_BY_KEY.items())
    ]
    return ApiVersionsResponse(error_code=code, api_keys=keys)
