"""Header objects of answers, and the header parameters of conditional requests."""

from protomesh.gateway.objects import Json, Object


def _header(description: str, schema: Object, *, required: bool = False) -> Object:
    return {"description": description, **({"required": True} if required else {}), "schema": schema}


LOCATION = _header("Where the result is.", {"type": "string", "format": "uri-reference"}, required=True)
LINK = _header("Links (RFC 8288).", {"type": "string"})
ETAG = _header("The version of the resource (RFC 9110, 8.8.3).", {"type": "string"})
RETRY_AFTER = _header("Seconds after which to try again.", {"type": "integer", "minimum": 0})
WWW_AUTHENTICATE = _header("What is wanted (RFC 6750).", {"type": "string"})

ETAGS: Object = {"type": "string", "pattern": r'^(\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*)$'}
"""RFC 9110, 13.1.1: `*` or a list of entity tags."""

IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` that was read: refused with 412 when the resource has changed since.",
    "schema": ETAGS,
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "An `ETag` that was read: 304 while it is the newest.",
    "schema": ETAGS,
}
