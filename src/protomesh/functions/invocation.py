"""One try of a function, as outgoing calls see it."""

from dataclasses import dataclass

from protomesh.envelope import CloudEvent, child_of


@dataclass(frozen=True, slots=True)
class Invocation:
    """`protomesh.context.Origin` of a function: calls carry its deadline, its trace and what caused it."""

    traceparent: str
    deadline: float | None
    causation_id: str
    correlation_id: str
    authorization: str = ""
    """A function acts for itself: no end user is behind an event."""
    holds_writes: bool = False

    @classmethod
    def of(cls, event: CloudEvent, deadline: float) -> "Invocation":
        """A new span below the event's; `deadline` on the monotonic clock."""
        return cls(child_of(event.traceparent), deadline, event.id, event.correlation_id or event.id)
