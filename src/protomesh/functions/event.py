"""What a function is given: the event with its message decoded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Event(Generic[T_co]):
    """A CloudEvent. `Event[User]` in a function's signature says which message it carries."""

    id: str
    """With `source` the event's name: the same for every delivery."""
    type: str
    source: str
    subject: str
    key: str
    time: datetime
    """In UTC."""
    data: T_co
    attempt: int = 1
    """1 for the first try."""
    causation_id: str = ""
    """The id of the event that led to this one, empty for none."""
    correlation_id: str = ""
    traceparent: str = ""
