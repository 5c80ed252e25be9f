"""What HTTP says outside of the request's body, put into the request, of calls that came as REST.

If-Match becomes the `etag` of an update or delete request; a method that has none to put it into refuses the
call, since it would write without the condition. PUT replaces: its mask names all fields.
"""

from collections.abc import Callable
from typing import Any

from protomesh.contract import Contract, Method
from protomesh.errors import InvalidArgument, Violation
from protomesh.rpc.call import Call
from protomesh.rpc.conditions import IF_MATCH, IF_NONE_MATCH, before_write, header, verb_of
from protomesh.rpc.interceptor import Handler

Step = Callable[[Any, Call], None]

ALL = "*"
"""The mask of a full replacement (AIP-134)."""


class Conditions:
    """See the module. Reads compare their answer with the headers, see `protomesh.rpc.answer`."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        if not method.bindings or method.read_only:
            return handler
        steps = self._steps(method)

        def conditional(request: Any, call: Call) -> Any:
            if call.rest:
                for step in steps:
                    step(request, call)
            return handler(request, call)

        return conditional

    def _steps(self, method: Method) -> tuple[Step, ...]:
        fields = self._contract.descriptor(method.request).fields_by_name
        single = not method.streams_request
        tags: Step = _fill_etag if single and "etag" in fields else _refuse_if_match
        puts = any(binding.verb == "PUT" for binding in method.bindings)
        return (tags, _replace) if single and puts and "update_mask" in fields else (tags,)


def _fill_etag(request: Any, call: Call) -> None:
    if header(call, IF_NONE_MATCH) is not None:
        raise _bad(IF_NONE_MATCH.lower(), "if-none-match.read", "is for GET and HEAD; a write takes If-Match")
    etag = before_write(call)
    if not etag:
        return
    if request.etag not in {"", etag, f'"{etag}"'}:
        raise _bad("etag", "etag.if-match", f"'{request.etag}' is not what If-Match says: {etag}")
    request.etag = etag


def _refuse_if_match(_request: Any, call: Call) -> None:
    if header(call, IF_MATCH) is not None:
        raise _bad(IF_MATCH.lower(), "if-match.none", "is not for this method: leave it out")


def _replace(request: Any, call: Call) -> None:
    if verb_of(call) != "PUT":
        return
    if list(request.update_mask.paths) not in ([], [ALL]):
        raise _bad("update_mask", "update_mask.put", "a PUT replaces all fields; PATCH changes some")
    request.update_mask.paths[:] = [ALL]


def _bad(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(f"{field}: {message}", violations=(Violation(field, rule, message),))
