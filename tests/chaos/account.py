"""What must be true after all the killing, whatever was killed when.

The rows are the truth: rows and events share one transaction, so an event stands on the topic exactly for the
calls whose rows were committed.
"""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.writers import Notes

CREATED = "shop.users.user.created.v1"
DELETED = "shop.users.user.deleted.v1"


@dataclass(frozen=True, slots=True)
class Account:
    """`problems` is empty when every guarantee held."""

    committed: int
    distinct: int
    records: int
    unknown_there: int
    """Ids whose creation nobody answered and whose row was committed nevertheless."""
    unknown_absent: int
    """Ids whose creation nobody answered and of which nothing was committed."""
    problems: tuple[str, ...]


def rows_of(state_dir: Path) -> set[str]:
    """The ids of the users that exist."""
    with sqlite3.connect(f"file:{state_dir}/data/users.db?mode=ro", uri=True) as database:
        return {row[0] for row in database.execute("SELECT id FROM users")}


def waiting_in(state_dir: Path) -> int:
    """How many events still wait in the outbox."""
    with sqlite3.connect(f"file:{state_dir}/data/users.db?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM mesh_outbox").fetchone()[0])


def draw_up(notes: Notes, existing: set[str], events: list[dict[str, Any]]) -> Account:
    """Hold the topic against the notes and the rows. `events` are in the topic's order within a key."""
    of_key: dict[str, list[tuple[str, str]]] = defaultdict(list)
    seen: set[str] = set()
    for event in events:
        if event["id"] not in seen:  # repeats are allowed: they carry the same id
            seen.add(event["id"])
            of_key[event["key"]].append((event["type"], event["id"]))
    problems: list[str] = []
    for user_id in sorted(notes.tried | set(of_key)):
        types = [each for each, _ in of_key.get(user_id, [])]
        problem = _judge(user_id, types, notes, exists=user_id in existing)
        if problem:
            problems.append(f"{user_id}: {problem} (topic: {[each.split('.')[-2] for each in types]})")
    committed = sum(len(each) for each in of_key.values())
    unknown = notes.unknown_ids("POST")
    there = unknown & (existing | notes.created | notes.refused | notes.deleted)
    return Account(committed, len(seen), len(events), len(there), len(unknown - there), tuple(problems))


def _judge(user_id: str, types: list[str], notes: Notes, *, exists: bool) -> str:
    """Why this key's events are wrong, empty when they are right."""
    if user_id not in notes.tried:
        return "an event of a user that nobody created"
    if exists:
        return "" if types == [CREATED] else "the user exists: exactly one created event is due"
    if user_id in notes.deleted | notes.created | notes.refused:
        return "" if types == [CREATED, DELETED] else "it was there and is gone: created, deleted are due"
    if user_id in notes.unknown_ids("POST") & notes.unknown_ids("DELETE"):
        return (
            "" if types in ([], [CREATED, DELETED]) else "two unanswered calls: both events are due, or none"
        )
    return "" if not types else "no row, and none was ever seen: no event is due"
