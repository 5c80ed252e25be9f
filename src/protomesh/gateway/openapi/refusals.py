"""The error answers: one shape for all (RFC 9457), and which of them an operation can give."""

from collections.abc import Iterator, Mapping

from protomesh.contract import Answer, answer_kind
from protomesh.gateway.errors import PROBLEM, titles
from protomesh.gateway.exposure import Binding
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.access import Access
from protomesh.gateway.openapi.headers import RETRY_AFTER, WWW_AUTHENTICATE
from protomesh.gateway.openapi.source import Source

REFUSALS: Mapping[int, str] = {
    400: "The request is wrong, or the state of things forbids it: see `code` and `violations`.",
    401: "Nobody is known who could be allowed, or the token does not count.",
    403: "Whoever asks may not do this.",
    404: "There is no such thing, or none that the caller may know of.",
    405: "The path, with an empty variable, is another one that does not have this method: see `Allow`.",
    406: "The caller's `Accept` allows no JSON.",
    409: "It exists already, or another call was first: read again and retry.",
    412: "It is no longer what the `ETag` in `If-Match` says.",
    413: "The body is too large.",
    415: "The body is not of a type that is taken.",
    429: "Too much at once: retry later.",
    431: "The headers, or the path with its query, are too large.",
    500: "A fault of the mesh.",
    503: "A part of the mesh is away: retry.",
    504: "It took too long.",
}
OTHERS = "Any other refusal, in the same shape."
HEADERS: Mapping[int, Object] = {
    401: {"WWW-Authenticate": WWW_AUTHENTICATE},
    429: {"Retry-After": RETRY_AFTER},
    503: {"Retry-After": RETRY_AFTER},
}

CODES = (
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


def refusals(source: Source, binding: Binding, access: Access) -> Object:
    """The refusals of an operation by status, and `default` for what only handlers know of."""
    statuses = [status for status, applies in _table(source, binding, access) if applies]
    return {
        **{str(status): _reference(_name(status)) for status in statuses},
        "default": _reference("Refusal"),
    }


def refusal_components() -> Object:
    """`components/responses`."""
    every: Object = {_name(status): _response(text, HEADERS.get(status)) for status, text in REFUSALS.items()}
    return {**every, "Refusal": _response(OTHERS, None)}


def problem_content() -> Object:
    """The content of each refusal."""
    return {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problem_schemas() -> Object:
    """`Problem` and `Violation`, whose names no message has: those have a package."""
    text: Object = {"type": "string"}
    return {
        "Problem": _object(
            "Why a request was refused (RFC 9457).",
            type=text,
            title=text,
            status={"type": "integer"},
            detail=text,
            code={"type": "string", "enum": list(CODES), "description": "The name of the google.rpc.Code."},
            requestId={
                "type": ["string", "null"],
                "description": "Also in the header `x-request-id` and in the logs.",
            },
            violations={"type": "array", "items": {"$ref": "#/components/schemas/Violation"}},
        ),
        "Violation": _object(
            "One field that broke a rule.",
            field={"type": "string", "description": "As in the .proto: `lines[0].product_id`."},
            rule={"type": "string", "description": "The rule's id: `string.email`."},
            message=text,
        ),
    }


def _table(source: Source, binding: Binding, access: Access) -> Iterator[tuple[int, bool]]:
    method = binding.exposed.method
    writes = not method.read_only and binding.http.verb != "GET"
    yield from ((400, True), (401, True), (403, not access.open))
    yield from ((404, bool(binding.http.variables)), (405, bool(binding.http.variables)))
    yield 406, binding.says_json
    yield from ((409, writes), (412, conditional(source, binding) or cached(source, binding)))
    yield from ((413, bool(binding.http.body)), (415, bool(binding.http.body)))
    yield from ((status, True) for status in (429, 431, 500, 503, 504))


def conditional(source: Source, binding: Binding) -> bool:
    """Whether `If-Match` counts: the request carries the etag that was read."""
    request = source.contract.descriptor(binding.exposed.method.request)
    return not binding.exposed.method.read_only and "etag" in request.fields_by_name


def cached(source: Source, binding: Binding) -> bool:
    """Whether `If-None-Match` counts: a GET that answers with an ETag."""
    tagged = answer_kind(binding.exposed.method, source.contract) is Answer.TAGGED
    return binding.http.verb == "GET" and tagged


def _name(status: int) -> str:
    """`NotFound` for 404."""
    return "".join(word.capitalize() for word in titles()[status].replace("-", " ").split())


def _reference(name: str) -> Object:
    return {"$ref": f"#/components/responses/{name}"}


def _response(text: str, headers: Object | None) -> Object:
    return {"description": text, **({"headers": headers} if headers else {}), "content": problem_content()}


def _object(description: str, **properties: Json) -> Object:
    names: list[Json] = list(properties)
    return {"type": "object", "description": description, "required": names, "properties": properties}
