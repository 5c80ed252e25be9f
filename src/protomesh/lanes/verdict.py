"""What a handler is given and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from protomesh.broker import Damaged, Record


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try at one record."""

    record: Record
    attempt: int
    """1 for the first try in this process."""
    damaged: Damaged | None = None
    """Why the record could not be read; its key and value are then None."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The record is dealt with: its offset may be passed."""


@dataclass(frozen=True, slots=True)
class Again:
    """The record is to be tried again after so many seconds; its key waits, other keys go on."""

    after: float


Verdict = Finished | Again
Handler = Callable[[Delivery], Verdict]
"""Called in a worker thread, one record of a key at a time. An exception counts as Again with a backoff."""
