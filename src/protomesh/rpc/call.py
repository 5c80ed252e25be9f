"""`Call`: what a handler knows of the call besides its request."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from protomesh.contract import Method
from protomesh.envelope import child_of, new_traceparent
from protomesh.errors import Internal, Unavailable
from protomesh.policy import Caller, Principal
from protomesh.rpc.encoder import Encoder
from protomesh.store import SqlDatabase, SqlUnitOfWork

if TYPE_CHECKING:
    from sqlalchemy import Connection  # loaded only by services that have a database

UNBOUNDED = 1e9
"""Seconds; the engines answer a call without a deadline with None or with centuries."""

VISITOR: Principal = Caller()

Headers = tuple[tuple[str, str], ...]

EMPTY = "google.protobuf.Empty"
HTTP_BODY = "google.api.HttpBody"
SMALLEST_STATUS, LARGEST_STATUS = 200, 599


@dataclass(frozen=True, slots=True)
class Resources:
    """What all calls of a server share. `default_timeout` in seconds, for callers that named no deadline."""

    database: SqlDatabase | None
    encoder: Encoder
    default_timeout: float = 15.0


class Call:
    """One call. Belongs to the thread that handles it.

    `identity` is who calls, all empty for a visitor; `identity.service` the calling service or function.
    """

    __slots__ = (
        "_chosen",
        "_cookies",
        "_deadline",
        "_resources",
        "_traceparent",
        "_work",
        "changed",
        "context",
        "doubt",
        "failure_headers",
        "identity",
        "links",
        "metadata",
        "method",
        "repeats",
        "rest",
        "session",
        "started",
    )

    def __init__(self, method: Method, context: grpc.ServicerContext, resources: Resources) -> None:
        self.method = method
        self.context = context
        pairs = context.invocation_metadata()
        self.metadata: Mapping[str, Any] = dict(pairs)
        self.repeats = len(pairs) != len(self.metadata)
        """Whether some name came twice; `metadata` has the last of them."""
        self.rest = "x-envoy-original-method" in self.metadata
        self.session = ""
        """The token of the browser's cookie, where it is who calls."""
        self.doubt: Unavailable | None = None
        """Why nobody knows whether that cookie counts, where that is so."""
        self.started = time.monotonic()
        self.identity = VISITOR
        self.changed = True
        """Set to False by a handler whose work was done before: a repeat announces nothing."""
        self.failure_headers: tuple[tuple[str, str], ...] = ()
        self.links: Headers = ()
        """What goes with the answer to a REST call besides what the contract decides."""
        self._chosen: Headers = ()
        self._cookies: Headers = ()
        self._resources = resources
        self._deadline: float | None = None
        self._traceparent = ""
        self._work: SqlUnitOfWork | None = None

    def respond(self, status: int, headers: Headers = ()) -> None:
        """The HTTP status and headers of a page, sent after the commit; the last word counts.

        For methods that return google.api.HttpBody; elsewhere the contract decides the answer. Names are in
        lower case. Raises Internal.
        """
        method = self.method
        if method.response != HTTP_BODY or method.streams_response:
            raise Internal(
                f"{method.full_name} returns no google.api.HttpBody: the contract decides its answer"
            )
        if not SMALLEST_STATUS <= status <= LARGEST_STATUS:
            raise Internal(f"{status} is no final HTTP status")
        for name, value in headers:
            if name != name.lower() or not value.isascii() or not value.isprintable():
                raise Internal(f"{name} is no HTTP header that can be sent")
        self._chosen = (("x-http-status", str(status)), *headers)

    def set_cookie(self, cookie: str) -> None:
        """A cookie for the browser, sent after the commit: `name=value; HttpOnly` (RFC 6265, 4.1).

        For methods that return google.api.HttpBody or google.protobuf.Empty. Raises Internal.
        """
        if self.method.response not in {HTTP_BODY, EMPTY} or self.method.streams_response:
            raise Internal(f"{self.method.full_name} is no method that may set cookies")
        if not cookie.isascii() or not cookie.isprintable():
            raise Internal("a cookie that cannot be sent")
        self._cookies = (*self._cookies, ("set-cookie", cookie))

    @property
    def chosen(self) -> Headers:
        """What `respond` was told, with `x-http-status` first, then the cookies; empty for neither."""
        return (*self._chosen, *self._cookies)

    @property
    def service(self) -> str:
        """The calling service or function, empty for none."""
        return self.identity.service

    @property
    def tx(self) -> "Connection":
        """The call's own transaction, begun at first use; committed after the handler returns.

        Reads only where the method is NO_SIDE_EFFECTS. Streaming methods have none: `unit_of_work()`.
        """
        return self.work.tx

    @property
    def work(self) -> SqlUnitOfWork:
        """The unit of work behind `tx`."""
        if self._work is None:
            if self.method.streams_response or self.method.streams_request:
                raise Internal("a streaming method has no ambient transaction: use call.unit_of_work()")
            self._work = self.unit_of_work(read_only=self.method.read_only)
        return self._work

    @property
    def begun(self) -> SqlUnitOfWork | None:
        """The unit of work if the handler has used it."""
        return self._work

    def unit_of_work(self, *, read_only: bool = False) -> SqlUnitOfWork:
        """A transaction of its own: `with call.unit_of_work() as work: work.tx.execute(…)`."""
        database = self._resources.database
        if database is None:
            raise Internal("this service has no database")
        encode = self._resources.encoder.encode
        return database.unit_of_work(read_only=read_only, encode=lambda emission: encode(emission, self))

    def emit(self, topic: str, message: Any, *, type: str, key: str = "", subject: str = "") -> None:  # noqa: A002 - CloudEvents' own name
        """Emit an event with this call's transaction."""
        self.work.emit(topic, message, type=type, key=key, subject=subject)

    @property
    def deadline(self) -> float:
        """When the answer is due, on the monotonic clock; by default where the caller named no deadline."""
        if self._deadline is None:
            remaining = self.context.time_remaining()
            unset = remaining is None or remaining > UNBOUNDED
            if unset:
                self._deadline = self.started + self._resources.default_timeout
            else:
                self._deadline = time.monotonic() + float(remaining or 0.0)
        return self._deadline

    @property
    def first_due(self) -> float:
        """When a stream's first message is due, on the monotonic clock, where a decision waits for it.

        No later than by default, whatever deadline the caller has set.
        """
        return min(self.deadline, self.started + self._resources.default_timeout)

    @property
    def active(self) -> bool:
        """False once the caller has gone: a stream may end."""
        return bool(self.context.is_active())

    @property
    def traceparent(self) -> str:
        """The call's own span, a child of the caller's."""
        if not self._traceparent:
            incoming = self.metadata.get("traceparent", "")
            self._traceparent = child_of(incoming) if incoming else new_traceparent()
        return self._traceparent

    @property
    def request_id(self) -> str:
        """The gateway's `x-request-id`, empty for none."""
        return str(self.metadata.get("x-request-id", ""))

    @property
    def authorization(self) -> str:
        """The end user's `Bearer …`, for calls made on the user's behalf: as it came, or of the cookie."""
        return f"Bearer {self.session}" if self.session else str(self.metadata.get("authorization", ""))

    @property
    def causation_id(self) -> str:
        """The id of the event that caused this call, empty for none. Believed only of services."""
        return str(self.metadata.get("x-causation-id", "")) if self.identity.service else ""

    @property
    def correlation_id(self) -> str:
        """The id that all events of one story share, empty for none. Believed only of services."""
        return str(self.metadata.get("x-correlation-id", "")) if self.identity.service else ""

    @property
    def holds_writes(self) -> bool:
        """Whether the ambient transaction is open and may write."""
        return self._work is not None and self._work.holds_writes
