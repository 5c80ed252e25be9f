"""Events on their way into the outbox."""

from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message


@dataclass(frozen=True, slots=True)
class Emission:
    """An event as a policy or a handler asks for it."""

    topic: str
    type: str
    key: str
    subject: str
    data: Message


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event as it will stand on the topic: id fixed, key, value and CloudEvents headers encoded."""

    id: str
    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


Encode = Callable[[Emission], PendingEvent]
"""Turns an emission into its final form; given by whoever opens the unit of work and knows the trace."""
