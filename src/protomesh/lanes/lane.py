"""The queue of one key."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from protomesh.broker import Damaged, Partition, Record
from protomesh.lanes.tracker import Tracker


class LaneKey(NamedTuple):
    """The key's bytes, or the offset where there is no key, or where order does not matter."""

    partition: Partition
    key: bytes | int


class State(Enum):
    """Where a lane is; IDLE ones are forgotten."""

    IDLE = "idle"
    READY = "ready"
    BUSY = "busy"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that waits, and the tracker that counts it."""

    record: Record
    tracker: Tracker
    damaged: Damaged | None = None


@dataclass(slots=True, eq=False)
class Lane:
    """First in, first out; at most one worker at a time."""

    key: LaneKey
    state: State = State.IDLE
    queue: deque[Entry] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Task:
    """An entry in the hands of a worker."""

    lane: Lane
    entry: Entry
    attempt: int
    started: float
