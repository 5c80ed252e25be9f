"""What Envoy itself answers: the one error shape (RFC 9457) for REST, a plain message for gRPC.

Of Envoy's own words only those of a 400 are shown, which name the field that is wrong. Those of a 5xx, its
reset reasons, would tell about the inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from protomesh.gateway.objects import Json, Object

PROBLEM = "application/problem+json"
NOT_ACCEPTABLE = "the answer is application/json, and Accept does not allow that"
OWN_WORDS = "%LOCAL_REPLY_BODY%"

GRPC_TYPE = r"application/grpc(-web(-text)?)?([+;].*)?"

LOCAL_CODE = "x-local-code"
"""Tells the edge filter a gRPC status that Envoy would not take from the HTTP status; it goes no further."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is HTTP's, `code` the name of a google.rpc.Code; `grpc_…` is what gRPC callers get instead."""

    status: int
    code: str
    detail: str
    grpc_detail: str = ""
    grpc_code: int = 0
    retry_after: int = 0
    """Seconds; 0 for none."""


REPLIES = (
    Reply(400, "INVALID_ARGUMENT", OWN_WORDS, grpc_code=3),
    # Only of a request that says twice who it is from: all else is for services to decide.
    Reply(401, "UNAUTHENTICATED", "there is more than one Authorization header", grpc_code=16),
    Reply(403, "PERMISSION_DENIED", "not allowed"),
    Reply(404, "NOT_FOUND", "there is nothing at this path", "no such method"),
    Reply(405, "UNIMPLEMENTED", "this path does not have this method, see Allow"),
    Reply(406, "INVALID_ARGUMENT", NOT_ACCEPTABLE),
    Reply(408, "DEADLINE_EXCEEDED", "the request took too long to arrive", grpc_code=4),
    Reply(413, "INVALID_ARGUMENT", "the request body is too large", grpc_code=8),
    Reply(415, "INVALID_ARGUMENT", "the request body must be application/json"),
    Reply(426, "INVALID_ARGUMENT", "HTTP/1.1 or HTTP/2 is required"),
    Reply(429, "RESOURCE_EXHAUSTED", "too many requests", grpc_code=8),
    Reply(431, "INVALID_ARGUMENT", "the request headers are too large"),
    Reply(500, "INTERNAL", "internal error", grpc_code=13),
    Reply(501, "UNIMPLEMENTED", "not implemented", "this message encoding is not known", grpc_code=12),
    Reply(502, "INTERNAL", "internal error", grpc_code=13),
    Reply(503, "UNAVAILABLE", "the service is not available, try again", retry_after=1),
    Reply(504, "DEADLINE_EXCEEDED", "the service took too long to answer", grpc_code=4),
)


def local_reply_config() -> Object:
    """Two mappers per status, gRPC callers first; the last two are for a status that is not in `REPLIES`."""
    mappers: list[Object] = []
    for reply in REPLIES:
        words = _message(reply.grpc_detail or reply.detail)
        code = [_header(LOCAL_CODE, reply.grpc_code)] if reply.grpc_code else []
        wait = [_header("retry-after", reply.retry_after)] if reply.retry_after else []
        problem = _problem(titles()[reply.status], reply.code, reply.detail)
        mappers.append(_mapper([_status("EQ", reply.status), *_is_grpc()], words, [*code, *wait]))
        mappers.append(_mapper([_status("EQ", reply.status)], problem, wait))
    mappers.append(_mapper([_status("GE", HTTPStatus.BAD_REQUEST), *_is_grpc()], _message("refused"), []))
    mappers.append(
        _mapper([_status("GE", HTTPStatus.BAD_REQUEST)], _problem("Error", "UNKNOWN", "refused"), [])
    )
    return {"mappers": mappers}


def titles() -> Mapping[int, str]:
    """Each error status with its reason phrase; 499 is what the transcoder makes of CANCELLED."""
    standard = {each.value: each.phrase for each in HTTPStatus if each >= HTTPStatus.BAD_REQUEST}
    return standard | {499: "Client Closed Request"}


def _mapper(conditions: list[Object], body: Object, headers: list[Object]) -> Object:
    both: Object = {"and_filter": {"filters": conditions}}
    return {
        "filter": both if len(conditions) > 1 else conditions[0],
        "body_format_override": body,
        "headers_to_add": headers,
    }


def _status(op: str, status: int) -> Object:
    value: Object = {"default_value": int(status), "runtime_key": "protomesh.unused"}
    return {"status_code_filter": {"comparison": {"op": op, "value": value}}}


def _is_grpc() -> tuple[Object, Object]:
    """By now a transcoded request looks like gRPC too, but it carries the path by which it came."""
    grpc: Object = {"name": "content-type", "string_match": {"safe_regex": {"regex": GRPC_TYPE}}}
    native: Object = {"name": "x-envoy-original-path", "present_match": False}
    return {"header_filter": {"header": grpc}}, {"header_filter": {"header": native}}


def _header(name: str, value: int) -> Object:
    return {"header": {"key": name, "value": str(value)}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _message(words: str) -> Object:
    return {"text_format_source": {"inline_string": words}}


def _problem(title: str, code: str, detail: str) -> Object:
    shape: dict[str, Json] = {
        "type": "about:blank",
        "title": title,
        "status": "%RESPONSE_CODE%",
        "detail": detail,
        "code": code,
        "requestId": "%REQ(X-REQUEST-ID)%",
        "violations": [],
    }
    return {"json_format": shape, "content_type": PROBLEM}
