"""What one request type is: its codec, the versions that are served, and who answers."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

Handler = Callable[[State, Any, Peer], Any]
Waiting = Callable[[State, Any, Peer], Awaitable[Any]]


class Api(NamedTuple):
    """`codec` is kafka-python's request class; the answer is of its response class, or None for none.

    `waits` marks handlers that are coroutines.
    """

    codec: Any
    lowest: int
    highest: int
    handler: Handler | Waiting
    waits: bool = False

    @property
    def key(self) -> int:
        """The number by which a request names its type."""
        return int(self.codec.API_KEY)
