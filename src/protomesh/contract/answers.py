"""What a success of a method is over REST, as far as the contract says; the first that fits.

`protomesh.rpc` answers by it, and the documents tell it.
"""

from enum import Enum

from protomesh.contract.contract import Contract
from protomesh.contract.records import Method

OPERATION = "google.longrunning.Operation"
EMPTY = "google.protobuf.Empty"
HTTP_BODY = "google.api.HttpBody"


class Answer(Enum):
    """The kinds of success."""

    STREAM = "stream"
    """200, a message a line."""
    OPERATION = "operation"
    """202 with Location: the work goes on."""
    EMPTY = "empty"
    """204."""
    RAW = "raw"
    """The bytes, the content type and the status are the method's own."""
    CREATED = "created"
    """201 with Location."""
    PAGE = "page"
    """206 with links while there are more pages, else 200."""
    TAGGED = "tagged"
    """200 with an ETag."""
    PLAIN = "plain"
    """200."""


def answer_kind(method: Method, contract: Contract) -> Answer:
    """The kind of a method's success. A stream of google.api.HttpBody is raw."""
    response = contract.descriptor(method.response).fields_by_name
    kinds = (
        (method.response == HTTP_BODY, Answer.RAW),
        (method.streams_response, Answer.STREAM),
        (method.response == OPERATION, Answer.OPERATION),
        (method.response == EMPTY, Answer.EMPTY),
        (creates(method, contract), Answer.CREATED),
        ("next_page_token" in response, Answer.PAGE),
        ("etag" in response, Answer.TAGGED),
    )
    return next((kind for fits, kind in kinds if fits), Answer.PLAIN)


def creates(method: Method, contract: Contract) -> bool:
    """Whether this is a standard create (AIP-133): POST to a collection, returning the resource itself."""
    if not method.bindings:
        return False
    first = method.bindings[0]
    is_collection = first.verb == "POST" and not first.custom_verb and not first.template.endswith("}")
    return is_collection and method.name.startswith("Create") and method.response in contract.resources
