"""The one interface of all interceptors, for all four kinds of RPC."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from protomesh.contract import Method
from protomesh.rpc.call import Call

Handler = Callable[[Any, Call], Any]
"""Takes the request, or an iterator of requests, and returns the response, or an iterator of responses.

Which of the two follows from `method.kind`. Outside the auth interceptor requests are still bytes.
"""


class Interceptor(Protocol):
    """Wraps a method once, when the server is built; what it returns runs for every call."""

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """The handler with this interceptor around it."""
        ...


def fold(interceptors: Sequence[Interceptor], method: Method, handler: Handler) -> Handler:
    """The handler inside all interceptors; the first of the list is the outermost."""
    for interceptor in reversed(interceptors):
        handler = interceptor.wrap(method, handler)
    return handler
