"""What handlers do with messages again and again: pages, masks, etags (AIP-158, 134, 154), times."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from protomesh.errors import EtagMismatch, InvalidArgument, Violation
from protomesh.rpc.etags import matches

T = TypeVar("T")

DEFAULT_PAGE = 50


class Paged(Protocol):
    """A list request of the contract."""

    page_size: int
    page_token: str


def page_of(
    request: Paged, fetch: Callable[[str, int], Sequence[T]], key: Callable[[T], str]
) -> tuple[Sequence[T], str]:
    """One page and the token of the next, empty on the last page.

    `fetch(after, limit)` returns up to `limit` items whose keys come after `after`, in order of their keys.
    Raises InvalidArgument for a token that is not ours.
    """
    size = request.page_size or DEFAULT_PAGE
    found = fetch(_after(request.page_token), size + 1)
    if len(found) <= size:
        return found, ""
    kept = found[:size]
    return kept, base64.urlsafe_b64encode(key(kept[-1]).encode()).decode().rstrip("=")


def _after(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _bad("page_token", "page_token.form", "is not a token that a list answer gave") from None


def timestamp(seconds: float) -> Timestamp:
    """Seconds since the epoch as the well-known type, to the microsecond."""
    micros = round(seconds * 1e6)
    return Timestamp(seconds=micros // 1_000_000, nanos=micros % 1_000_000 * 1000)


def update_mask(mask: FieldMask, message: Message, writable: frozenset[str]) -> frozenset[str]:
    """The fields that an update changes: those of the mask, else those present in the message (AIP-134).

    `*` stands for all writable ones. Raises InvalidArgument for a path that is no writable field.
    """
    if not mask.paths:
        return writable & {field.name for field, _ in message.ListFields()}
    for path in mask.paths:
        if path != "*" and path not in writable:
            raise _bad(
                "update_mask", "update_mask.path", f"'{path}' is none of {', '.join(sorted(writable))}"
            )
    return writable if "*" in mask.paths else frozenset(mask.paths)


class Tagged(Protocol):
    """Something that is kept, and changes its etag with every write."""

    @property
    def id(self) -> str:
        """Its own among its kind."""
        ...

    @property
    def etag(self) -> str:
        """What it is called in its present state."""
        ...


def must_match(found: Tagged, etag: str) -> None:
    """Raises EtagMismatch where the caller wants another state than the one found.

    `etag` is that of the request: bare, or a list as in If-Match; empty for any. Ask while the row is locked.
    """
    if etag and not matches(etag, found.etag):
        kind = type(found).__name__.lower()
        raise EtagMismatch(f"{kind} {found.id} has changed: its etag is {found.etag}, not {etag}")


def _bad(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(f"{field}: {message}", violations=(Violation(field, rule, message),))
