"""The outbox: events in the database of the rows they tell of, until they stand in Kafka.

There is no cursor: rows are selected by their lowest ids and deleted once acknowledged, so a row that commits
late, with a lower id than one already published, is never passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from protomesh.store.events import PendingEvent
from protomesh.store.tables import outbox

_INSERT = insert(outbox)
_LOWEST = (
    select(outbox.c.id, outbox.c.topic, outbox.c.key, outbox.c.value, outbox.c.headers)
    .order_by(outbox.c.id)
    .limit(bindparam("limit"))
)
_REMOVE = delete(outbox).where(outbox.c.id.between(bindparam("low"), bindparam("high")))
_REMOVE_ONE = delete(outbox).where(outbox.c.id == bindparam("one"))
_DEPTH = select(func.count(), func.min(outbox.c.created))
_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row read back: everything that the relay publishes."""

    id: int
    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def add(connection: Connection, events: Sequence[PendingEvent], now: float) -> None:
    """Insert events as the last statements of a transaction.

    On PostgreSQL ids are drawn before the commit, so two transactions could commit one key's events against
    the order of their ids. A lock per key, held until the commit, makes the two orders one. Locks are taken
    in sorted order, so that two transactions never wait for each other.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted({f"{event.topic}/{event.key.hex()}" for event in events}):
            connection.execute(_LOCK_KEY, {"key": key})
    connection.execute(_INSERT, [_values(event, now) for event in events])


def _values(event: PendingEvent, now: float) -> dict[str, object]:
    return {
        "event_id": event.id,
        "topic": event.topic,
        "key": event.key,
        "value": event.value,
        "headers": orjson.dumps([(name, value.decode("latin-1")) for name, value in event.headers]),
        "created": now,
    }


def lowest(connection: Connection, limit: int) -> list[OutboxRow]:
    """The rows with the lowest ids, in their order."""
    return [
        OutboxRow(
            row.id,
            row.topic,
            row.key,
            row.value,
            tuple((name, value.encode("latin-1")) for name, value in orjson.loads(row.headers)),
        )
        for row in connection.execute(_LOWEST, {"limit": limit})
    ]


def remove(connection: Connection, ids: Sequence[int]) -> None:
    """Delete rows that stand in Kafka, a run of neighbouring ids at a time."""
    for low, high in _runs(sorted(ids)):
        if low == high:
            connection.execute(_REMOVE_ONE, {"one": low})
        else:
            connection.execute(_REMOVE, {"low": low, "high": high})


def _runs(ids: Sequence[int]) -> list[tuple[int, int]]:
    """[1, 2, 3, 7] gives [(1, 3), (7, 7)]."""
    runs: list[tuple[int, int]] = []
    for each in ids:
        if runs and runs[-1][1] == each - 1:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return runs


def depth(connection: Connection) -> tuple[int, float | None]:
    """How many rows wait, and when the oldest was written (seconds since the epoch)."""
    count, oldest = connection.execute(_DEPTH).one()
    return int(count), oldest
