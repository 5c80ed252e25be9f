"""Innermost: the call's transaction, and the events that the policy makes of the call.

`before` is committed before the handler runs; `after` with the handler's own rows, as the last statements
before COMMIT; `failed` once everything is rolled back. A failed `before` fails the call, a failed `failed` is
logged. What tells of refusals is `Denials`: those never come here.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from protomesh.clock import Clock
from protomesh.contract import Contract, Method
from protomesh.errors import Internal, MeshError, Unavailable
from protomesh.policy import CompiledEmit, ErrorFacts, EventsPolicy, MethodEvents
from protomesh.policy.scope import Scope
from protomesh.rpc.call import Call
from protomesh.rpc.encoder import Encoder
from protomesh.rpc.interceptor import Handler
from protomesh.rpc.interceptors.auth import call_facts
from protomesh.store import SqlUnitOfWork, is_passing


class Events:
    """See the module."""

    def __init__(
        self, contract: Contract, policy: EventsPolicy, encoder: Encoder, clock: Clock, log: logging.Logger
    ) -> None:
        self._contract = contract
        self._policy = policy
        self._encode = encoder.encode
        self._clock = clock
        self._log = log

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        events = self._policy.for_method(method.full_name)
        transacted = self._transacted(method, handler, events)
        if method.streams_response:
            return self._around_stream(transacted, events)
        return self._around_unary(transacted, events)

    def _transacted(self, method: Method, handler: Handler, events: MethodEvents) -> Handler:
        """The handler within the call's unit of work; what it returns is checked before it is committed."""
        check = self._checker(method)
        if method.streams_response:
            return lambda request, call: map(check, handler(request, call))
        after, own_transaction = events.after, method.read_only or method.streams_request

        def transacted(request: Any, call: Call) -> Any:
            try:
                response = check(handler(request, call))
                if after and call.changed:
                    facts = call_facts(call, self._clock)
                    scope = events.scope(call.identity, facts, request=_single(request), response=response)
                    self._after(after, scope, call, own_transaction=own_transaction)
                if call.begun is not None:
                    call.begun.commit()
            except BaseException as error:
                if call.begun is not None:
                    call.begun.rollback()
                if is_passing(error):
                    raise self._busy(call, error) from error
                raise
            return response

        return transacted

    def _busy(self, call: Call, error: BaseException) -> Unavailable:
        self._log.warning("%s: %s", call.method.full_name, error)
        return Unavailable("the database is busy; try again")

    def _checker(self, method: Method) -> Callable[[Any], Any]:
        """Bytes of another message would be read as the right one: what a handler returns is checked."""
        kind = self._contract.message(method.response)

        def checked(response: Any) -> Any:
            if not isinstance(response, kind):
                raise Internal(f"{method.full_name} returned a {type(response).__name__}")
            return response

        return checked

    def _after(
        self, emits: Sequence[CompiledEmit], scope: Scope, call: Call, *, own_transaction: bool
    ) -> None:
        if not own_transaction:
            self._add(emits, scope, call, call.work)
            return
        with call.unit_of_work() as work:
            self._add(emits, scope, call, work)

    def _around_unary(self, handler: Handler, events: MethodEvents) -> Handler:
        if not events.before and not events.failed:
            return handler

        def around(request: Any, call: Call) -> Any:
            self._before(events, request, call)
            try:
                return handler(request, call)
            except BaseException as error:
                self._failed(events, request, call, error)
                raise

        return around

    def _around_stream(self, handler: Handler, events: MethodEvents) -> Handler:
        def around(request: Any, call: Call) -> Iterator[Any]:
            self._before(events, request, call)
            try:
                yield from handler(request, call)
            except GeneratorExit:
                raise  # the caller has gone, which is no failure
            except BaseException as error:
                failure = self._busy(call, error) if is_passing(error) else error
                self._failed(events, request, call, failure)
                if failure is not error:
                    raise failure from error
                raise
            if events.after and call.changed:
                facts = call_facts(call, self._clock)
                scope = events.scope(call.identity, facts, request=_single(request))
                self._after(events.after, scope, call, own_transaction=True)

        return around

    def _before(self, events: MethodEvents, request: Any, call: Call) -> None:
        if not events.before:
            return
        scope = events.scope(call.identity, call_facts(call, self._clock), request=_single(request))
        try:
            with call.unit_of_work() as work:
                self._add(events.before, scope, call, work)
        except MeshError:
            raise
        except Exception as error:
            raise Unavailable("the attempt could not be recorded; nothing was done") from error

    def _failed(self, events: MethodEvents, request: Any, call: Call, error: BaseException) -> None:
        known = (
            error
            if isinstance(error, MeshError) and not isinstance(error, Internal)
            else Internal("internal error")
        )
        facts = ErrorFacts(known.code, known.message)
        scope = events.scope(
            call.identity, call_facts(call, self._clock), request=_single(request), error=facts
        )
        self._best_effort(events.failed, scope, call)

    def _best_effort(self, emits: Sequence[CompiledEmit], scope: Scope, call: Call) -> None:
        if not emits:
            return
        try:
            with call.unit_of_work() as work:
                self._add(emits, scope, call, work)
        except Exception:  # noqa: BLE001 - best effort, and logged in full
            self._log.exception("%s: an event was not recorded", call.method.full_name)

    def _add(self, emits: Sequence[CompiledEmit], scope: Scope, call: Call, work: SqlUnitOfWork) -> None:
        for emit in emits:
            emission = emit.evaluate(scope)
            if emission is not None:
                work.add(self._encode(emission, call))


def _single(request: Any) -> Any:
    """The request of a method that takes one; of a stream policies see none."""
    return None if isinstance(request, Iterator) else request
