"""Response objects of successes, as the contract decides them."""

from collections.abc import Iterator, Mapping

from protomesh.contract import Answer, answer_kind
from protomesh.gateway.exposure import Binding
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.openapi.access import Access
from protomesh.gateway.openapi.bodies import ANY, JSON
from protomesh.gateway.openapi.examples import message_example
from protomesh.gateway.openapi.fields import reference
from protomesh.gateway.openapi.headers import ETAG, LINK, LOCATION, RETRY_AFTER
from protomesh.gateway.openapi.refusals import cached, problem_content, refusals
from protomesh.gateway.openapi.source import Source

NDJSON = "application/x-ndjson"
MOVED, REFUSED = 300, 400
"""Where redirections and errors begin (RFC 9110, 15)."""

HEADERS: Mapping[Answer, Object] = {
    Answer.OPERATION: {"Location": LOCATION, "Link": LINK, "Retry-After": RETRY_AFTER},
    Answer.CREATED: {"Location": LOCATION, "ETag": ETAG},
    Answer.TAGGED: {"ETag": ETAG},
}
STATUSES: Mapping[Answer, tuple[int, str]] = {
    Answer.OPERATION: (202, "Accepted: the work goes on, and its job tells how far it is."),
    Answer.CREATED: (201, "Created."),
    Answer.EMPTY: (204, "Done."),
    Answer.STREAM: (200, "One message a line, for as long as there are any."),
    Answer.PAGE: (200, "The last page."),
}
DONE = (200, "Done.")


def responses(source: Source, binding: Binding, access: Access) -> Object:
    """All answers of an operation, by status."""
    found: Object = {**dict(_successes(source, binding)), **dict(_redirects(binding, access))}
    found |= refusals(source, binding, access)
    for status, response in _told(source, binding):
        found[status] = response
    return dict(sorted(found.items()))


def _successes(source: Source, binding: Binding) -> Iterator[tuple[str, Json]]:
    kind = answer_kind(binding.exposed.method, source.contract)
    if binding.raw and any(answer.status < REFUSED for answer in source.wire(binding.exposed.method).answers):
        return
    status, description = STATUSES.get(kind, DONE)
    headers = HEADERS.get(kind)
    body: Object = {} if kind is Answer.EMPTY else {"content": _content(source, binding, kind)}
    yield str(status), {"description": description, **({"headers": headers} if headers else {}), **body}
    if kind is Answer.PAGE:
        yield (
            "206",
            {
                "description": "A page with others after it: see `rel=next`.",
                "headers": {"Link": LINK},
                **body,
            },
        )
    if cached(source, binding):
        yield "304", {"description": "It is as the `ETag` says.", "headers": {"ETag": ETAG}}


def _content(source: Source, binding: Binding, kind: Answer) -> Object:
    method = binding.exposed.method
    if kind is Answer.RAW:
        return {each: {} for each in source.wire(method).gives or [ANY]}
    example = message_example(source.contract.descriptor(method.response), request=False)
    media: Object = {"schema": reference(method.response)}
    if kind is Answer.STREAM:
        return {NDJSON: media}
    return {JSON: {**media, **({"example": example} if example else {})}}


def _redirects(binding: Binding, access: Access) -> Iterator[tuple[str, Json]]:
    """A browser that navigates is sent to log in."""
    if binding.http.verb == "GET" and not access.open and access.login:
        text = "For a browser that navigates, in place of 401: the page to log in."
        yield "302", {"description": text, "headers": {"Location": LOCATION}}


def _told(source: Source, binding: Binding) -> Iterator[tuple[str, Json]]:
    """What (mesh.http.v1.wire) adds. A raw method's own error page may come where a problem would."""
    wire = source.wire(binding.exposed.method)
    pages: Object = {each: {} for each in wire.gives} if binding.raw else {}
    for answer in wire.answers:
        fails = answer.status >= REFUSED
        moved = MOVED <= answer.status < REFUSED
        content = {**pages, **(problem_content() if fails else {})}
        yield (
            str(answer.status),
            {
                "description": answer.description,
                **({"headers": {"Location": LOCATION}} if moved else {}),
                **({"content": content} if content else {}),
            },
        )
