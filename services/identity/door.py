"""The way in for browsers: the form, and logins that go on without it."""

import math

from google.api import httpbody_pb2

from protomesh.clock import Clock
from protomesh.errors import (
    Aborted,
    InvalidArgument,
    MeshError,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from protomesh.identity import (
    CONTENT_TYPE,
    HEADERS,
    LoginForm,
    login_page,
    must_be_ours,
    read_form,
    safe_return,
    waiting_page,
)
from protomesh.policy import Caller
from protomesh.rpc import Call
from services.identity import sessions
from services.identity.logins import Logins, Tokens

STATUSES: dict[type[MeshError], int] = {
    Unauthenticated: 401,
    ResourceExhausted: 429,
    InvalidArgument: 400,
    PermissionDenied: 403,
}


class Door:
    """Belongs to all threads. `public` is the site's own address."""

    def __init__(self, logins: Logins, public: str, clock: Clock) -> None:
        self._logins = logins
        self._public = public
        self._clock = clock

    def show(self, return_to: str, call: Call) -> httpbody_pb2.HttpBody:
        """The form; or straight back for a browser whose login only has to be renewed."""
        form, secret = LoginForm(return_to=return_to), sessions.renewal(call)
        if not secret or self._logins.is_new(secret):
            return _page(call, 200, form)
        try:
            tokens = self._logins.refresh(secret)
        except Aborted:  # another tab was first, and its answer brings the cookies of this one too
            call.respond(200, HEADERS)
            return httpbody_pb2.HttpBody(content_type=CONTENT_TYPE, data=waiting_page(safe_return(return_to)))
        except Unauthenticated:
            sessions.forget_renewal(call)
            return _page(call, 200, form)
        return _back(call, tokens, return_to)

    def take(self, content_type: str, data: bytes, call: Call) -> httpbody_pb2.HttpBody:
        """The form as it was sent: back to where the browser came from, or the form again."""
        form = LoginForm()
        try:
            must_be_ours(call.metadata, self._public)
            form = read_form(content_type, data)
            tokens = self._logins.log_in(form.user_id, form.password, call)
        except (Unauthenticated, ResourceExhausted, InvalidArgument, PermissionDenied) as error:
            call.identity = Caller()  # nobody, for the events of this call: whoever sent the form has failed
            call.changed = not isinstance(error, ResourceExhausted)
            return _page(call, STATUSES[type(error)], form, error)
        return _back(call, tokens, form.return_to)


def _back(call: Call, tokens: Tokens, return_to: str) -> httpbody_pb2.HttpBody:
    call.respond(303, (("location", safe_return(return_to)), ("cache-control", "no-store")))
    sessions.keep(call, tokens)
    return httpbody_pb2.HttpBody(content_type=CONTENT_TYPE)


def _page(call: Call, status: int, form: LoginForm, error: MeshError | None = None) -> httpbody_pb2.HttpBody:
    """The form, with what went wrong above it."""
    later = (("retry-after", str(math.ceil(error.retry_after))),) if error and error.retry_after else ()
    call.respond(status, (*HEADERS, *later))
    fault = f"{error.message[:1].upper()}{error.message[1:]}." if error else ""
    return httpbody_pb2.HttpBody(
        content_type=CONTENT_TYPE, data=login_page(safe_return(form.return_to), form.user_id, fault)
    )
