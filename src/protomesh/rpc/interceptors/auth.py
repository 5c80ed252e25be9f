"""Who calls, and whether they may: the one place that decides.

Authenticates, then decodes, then asks the security policy: bad bytes from a stranger are seen by nobody, and
`when` never sees a request that is not one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NoReturn, Protocol
from urllib.parse import quote

from google.protobuf.message import DecodeError

from protomesh.clock import Clock
from protomesh.contract import Contract, Method
from protomesh.errors import InvalidArgument, PermissionDenied, Unauthenticated, Unavailable
from protomesh.policy import CallFacts, Decision, MethodPolicy, Outcome, Principal, SecurityPolicy
from protomesh.rpc.call import VISITOR, Call
from protomesh.rpc.interceptor import Handler
from protomesh.rpc.interceptors.origin import is_own_page
from protomesh.tokens import SERVICE, Identity, token_of_cookie

BEARER = "bearer "

LONGEST_BACK = 2000
"""Characters; clients of gRPC refuse an answer with more than 8 KiB of metadata."""

NOBODY = Identity()

Check = Callable[[Identity, str], Identity]

Denied = Callable[[Call, CallFacts], None]
"""Told of every refusal; must not raise."""

Certified = Callable[[Call, Identity | None], Identity | None]
"""The calling service by its certificate, given what its token says. Raises Unauthenticated."""


class Verifier(Protocol):
    """Turns a token into who it speaks for. Raises Unauthenticated."""

    def verify(self, token: str) -> Identity:
        """Raises Unauthenticated."""
        ...


class Auth:
    """See the module."""

    def __init__(
        self,
        contract: Contract,
        policy: SecurityPolicy,
        verifier: Verifier,
        clock: Clock,
        denied: Denied,
        *,
        certified: Certified | None = None,
    ) -> None:
        self._contract = contract
        self._policy = policy
        self._ruled: list[_Ruled] = []
        self._verify = verifier.verify
        self._clock = clock
        self._denied = denied
        self._certified = certified

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        ruled = _Ruled(method.full_name, self._policy)
        self._ruled.append(ruled)
        decode = _decoder(self._contract.message(method.request).FromString)
        wrap = self._streaming if method.streams_request else self._single
        return wrap(handler, ruled, decode)

    def take(self, policy: SecurityPolicy) -> None:
        """Decide by another policy from now on; a call in flight keeps the one it began with."""
        self._policy = policy
        for ruled in self._ruled:
            ruled.take(policy)

    def _single(self, handler: Handler, ruled: "_Ruled", decode: Callable[[bytes], Any]) -> Handler:
        def authorized(request: bytes, call: Call) -> Any:
            decide = ruled.decide
            call.identity = self._authenticate(call)
            if decide.needs_request:
                message = decode(request)
                self._decide(call, decide, message)
            else:
                self._decide(call, decide, None)
                message = decode(request)
            return handler(message, call)

        return authorized

    def _streaming(self, handler: Handler, ruled: "_Ruled", decode: Callable[[bytes], Any]) -> Handler:
        """Decided on the first message where a `when` reads the request, before any message elsewhere.

        Whom no request could help is refused before it: waiting for a message takes a stream's place.
        """

        def authorized(requests: Iterator[bytes], call: Call) -> Any:
            decide = ruled.decide
            messages = map(decode, requests)
            call.identity = self._authenticate(call)
            if not decide.needs_request:
                self._decide(call, decide, None)
                return handler(messages, call)
            refusal = decide.refusal(call.identity)
            if refusal is not None:
                self._refuse(call, call_facts(call, self._clock), refusal)
            first = _first(messages, call)
            self._decide(call, decide, first)
            return handler(messages if first is None else chain((first,), messages), call)

        return authorized

    def _decide(self, call: Call, decide: MethodPolicy, message: Any) -> None:
        facts = call_facts(call, self._clock)
        decision = decide(call.identity, facts, message)
        if decision.outcome is not Outcome.ALLOW:
            self._refuse(call, facts, decision)

    def _refuse(self, call: Call, facts: CallFacts, decision: Decision) -> NoReturn:
        if call.doubt is not None:
            raise call.doubt
        facts.reason = decision.reason
        self._denied(call, facts)
        if decision.outcome is Outcome.UNAUTHENTICATED:
            call.failure_headers = self._login(call, "Bearer")
            raise Unauthenticated("this call needs an identity")
        raise PermissionDenied("this caller may not do this")

    def _authenticate(self, call: Call) -> Principal:
        service = self._bearer(call, "x-service-authorization")
        if self._certified is not None:  # before anything is believed that only the gateway may say
            service = self._by_certificate(call, service, self._certified)
        user = self._bearer(call, "authorization", _no_service)
        if user is None and call.rest:
            user = self._session(call)
        if service is None:
            return user or VISITOR
        if not service.service:
            call.failure_headers = self._login(call, 'Bearer error="invalid_token"')
            raise Unauthenticated("x-service-authorization speaks for no service")
        return (user or NOBODY).called_by(service)

    def _session(self, call: Call) -> Identity | None:
        """By the browser's cookie, which only counts without an Authorization header, and only over REST.

        One that is not valid counts as absent: its holder could not read, nor mend, an error about it. So
        does one of which nobody knows, where a visitor may do the same; any other call is refused with that.
        """
        header = call.metadata.get("cookie")
        token = token_of_cookie(header) if isinstance(header, str) else ""
        if not token or not is_own_page(call.metadata):
            return None
        try:
            found = _no_service(self._verify(token), "the cookie")
        except Unauthenticated:
            return None
        except Unavailable as error:
            call.doubt = error
            return None
        call.session = token
        return found

    def _by_certificate(self, call: Call, token: Identity | None, certified: Certified) -> Identity | None:
        try:
            return certified(call, token)
        except Unauthenticated:
            call.failure_headers = self._login(call, 'Bearer error="invalid_token"')
            raise

    def _bearer(self, call: Call, header: str, check: Check = lambda found, _: found) -> Identity | None:
        """RFC 6750, 2.1. None without the header; the scheme's case does not matter."""
        value = call.metadata.get(header)
        if value is None:
            return None
        try:
            if call.repeats:
                _only_one(header, call)
            return check(self._verify(_token(header, value)), header)
        except Unauthenticated:
            call.failure_headers = self._login(call, 'Bearer error="invalid_token"')
            raise

    def _login(self, call: Call, challenge: str) -> tuple[tuple[str, str], ...]:
        """RFC 6750, 3: the challenge, and for REST clients the way to log in."""
        if not call.rest:
            return (("www-authenticate", challenge),)
        back = quote(str(call.metadata.get("x-envoy-original-path", "/")), safe="")
        login = self._policy.login
        target = f"{login}?return_to={back}" if len(back) <= LONGEST_BACK else login
        link = (("link", f"<{target}>;rel=login"),) if login else ()
        return (("www-authenticate", challenge), *link)


class _Ruled:
    """What the policy in force says of one method: `decide` is replaced when the policy is."""

    __slots__ = ("_method", "decide")

    def __init__(self, method: str, policy: SecurityPolicy) -> None:
        self._method = method
        self.decide: MethodPolicy = policy.compile_method(method)

    def take(self, policy: SecurityPolicy) -> None:
        self.decide = policy.compile_method(self._method)


def _token(header: str, value: str | bytes) -> str:
    """What stands behind `Bearer`. Raises Unauthenticated."""
    if not isinstance(value, str) or value[: len(BEARER)].lower() != BEARER:
        raise Unauthenticated(f"{header} is not a bearer token")
    return value[len(BEARER) :].strip()


def _no_service(found: Identity, where: str) -> Identity:
    """What a service signed for itself counts beside the user's token only, where the gateway lets none pass.

    Every service that is called gets such a token, and could go on to speak for its caller at the gateway.
    Raises Unauthenticated.
    """
    if found.issuer.startswith(SERVICE):
        raise Unauthenticated(f"{where} holds a service's own token, which x-service-authorization is for")
    return found


def _only_one(header: str, call: Call) -> None:
    """Of two tokens nobody knows which one counts. Raises Unauthenticated."""
    if sum(name == header for name, _ in call.context.invocation_metadata()) > 1:
        raise Unauthenticated(f"{header} came twice")


def call_facts(call: Call, clock: Clock) -> CallFacts:
    """The call as policies see it.

    HTTP method and path are what the gateway said only where nobody but the gateway can reach this server's
    port: it strips `x-envoy-*` from what it passes on, but a client that comes here directly may send them.
    """
    if not call.rest:
        return CallFacts(call.method.full_name, "", "", call.context.peer, clock.now())
    get = call.metadata.get
    path = str(get("x-envoy-original-path", "")).partition("?")[0]
    return CallFacts(
        call.method.full_name, str(get("x-envoy-original-method", "")), path, call.context.peer, clock.now()
    )


def _first(messages: Iterator[Any], call: Call) -> Any:
    """The first message, None where there is none. A caller who says nothing in time is cancelled.

    The engines wait without a limit, and end a call only at a deadline that its caller has set.
    """
    timer = threading.Timer(max(0.0, call.first_due - time.monotonic()), call.context.cancel)
    timer.daemon = True
    timer.start()
    try:
        return next(messages, None)
    finally:
        timer.cancel()


def _decoder(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(data: bytes) -> Any:
        try:
            return parse(data)
        except DecodeError:
            raise InvalidArgument("the request is not a valid message: its bytes cannot be decoded") from None

    return decode
