"""The REST answer of a success, derived from the contract; the first row that fits wins.

returns google.longrunning.Operation    202
standard create, POST to a collection   201, Location
returns google.protobuf.Empty           204
returns google.api.HttpBody             what `Call.respond` was told
list with a next_page_token             206, Link rel=next, rel=first
resource with an etag                   ETag; a read answers If-None-Match with 304, If-Match with 412
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from protomesh.contract import Contract, HttpBinding, Method, creates
from protomesh.rpc.call import EMPTY, HTTP_BODY, Call, Headers
from protomesh.rpc.conditions import after_read, verb_of
from protomesh.rpc.links import turned

Answer = Callable[[Message, Call], Headers]

BY_CALLER: Headers = (("vary", "Authorization, Cookie"),)
"""What a caller may do next is the caller's own: a cache must not hand it to another (RFC 9110, 12.5.5)."""

OPERATION = "google.longrunning.Operation"


def answer_of(method: Method, contract: Contract) -> Answer | None:  # noqa: PLR0911 - a table, a row each
    """What to send besides the body; None where 200 and the body are all."""
    if not method.bindings:
        return None
    if method.response == OPERATION:
        return lambda _response, _call: (("x-http-status", "202"),)
    if method.response == EMPTY:
        return lambda _response, call: (("x-http-status", "204"), *call.chosen)
    if method.response == HTTP_BODY:
        return lambda _response, call: call.chosen
    if creates(method, contract):
        return _created(method.bindings[0], contract.resources[method.response].variables)
    if "next_page_token" in contract.descriptor(method.response).fields_by_name:
        return _page
    if "etag" in contract.descriptor(method.response).fields_by_name:
        return _etag
    return None


def _created(binding: HttpBinding, variables: tuple[str, ...]) -> Answer:
    """Location: the collection's address, with its variables and the new id filled in from the response."""
    parents = binding.variables
    own = [name for name in variables if name not in parents]

    def created(response: Any, call: Call) -> Headers:
        path = binding.template.format_map(_Values(response)) if parents else binding.template
        location = f"{path}/{response.id}" if own else path
        return (("x-http-status", "201"), ("location", location), *_etag(response, call))

    return created


class _Values(Mapping[str, str]):
    """A response's fields as values for a URL template."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __getitem__(self, name: str) -> str:
        return str(getattr(self._response, name))

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def _page(response: Any, call: Call) -> Headers:
    """RFC 8288 links. The addresses keep the query that the client sent."""
    if not response.next_page_token:
        return ()
    address = str(call.metadata.get("x-envoy-original-path", ""))
    first, following = turned(address), turned(address, response.next_page_token)
    return (("x-http-status", "206"), ("link", f"<{following}>;rel=next"), ("link", f"<{first}>;rel=first"))


def _etag(response: Any, call: Call) -> Headers:
    """RFC 9110, 8.8.3: a strong validator in quotes. Raises EtagMismatch, InvalidArgument."""
    etag = getattr(response, "etag", "")
    if not etag:
        return ()
    read = (*after_read(call, etag), *BY_CALLER) if verb_of(call) == "GET" else ()
    return (*read, ("etag", f'"{etag}"'))
