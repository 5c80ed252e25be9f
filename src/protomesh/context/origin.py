"""What outgoing calls and events inherit from the call or event that is being handled."""

from contextvars import ContextVar
from typing import Protocol


class Origin(Protocol):
    """Implemented by the call of a service and by the invocation of a function."""

    @property
    def traceparent(self) -> str:
        """W3C trace context of the work being done."""
        ...

    @property
    def authorization(self) -> str:
        """The end user's `Bearer …`, empty for none."""
        ...

    @property
    def deadline(self) -> float | None:
        """When the answer is due, on the monotonic clock."""
        ...

    @property
    def causation_id(self) -> str:
        """The id of the event that caused this, empty for none."""
        ...

    @property
    def correlation_id(self) -> str:
        """The id that all events of one story share, empty for none."""
        ...

    @property
    def holds_writes(self) -> bool:
        """Whether a transaction that may write is open."""
        ...


CURRENT: ContextVar[Origin | None] = ContextVar("protomesh_origin", default=None)
"""Set for as long as a call or an event is handled; each has its own context."""
