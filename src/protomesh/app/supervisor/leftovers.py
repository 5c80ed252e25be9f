"""Processes of a mesh whose supervisor was killed: found by pid and birth, and ended."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from protomesh.app.grace import KILL_SECONDS
from protomesh.app.supervisor.process import born, signal_group, signal_one
from protomesh.app.supervisor.record import Record, Row
from protomesh.clock import Clock

MARK = "PROTOMESH_STATE_DIR"
"""In the environment of every component: whose it is."""

KILLED = 5.0
"""Seconds that a killed process may take to be gone."""


def find(record: Record, state: Path) -> tuple[Row, ...]:
    """Rows whose process, or another of its group, still runs."""
    return tuple(row for row in record.rows if row.pid and (_same(row) or members(row.pid, state)))


def end(record: Record, state: Path, clock: Clock, grace: float = KILL_SECONDS) -> tuple[str, ...]:
    """SIGTERM, `grace` seconds, SIGKILL. Returns the names of what was ended."""
    rows = find(record, state)
    for row in rows:
        if _same(row):
            signal_one(row.pid, signal.SIGTERM)
    until(clock, grace, lambda: not any(_same(row) for row in rows))
    left = find(record, state)
    doomed = {pid: born(pid) for row in left for pid in (row.pid, *members(row.pid, state))}
    for row in left:
        signal_group(row.pid, signal.SIGKILL)
    until(clock, KILLED, lambda: not any(mark and born(pid) == mark for pid, mark in doomed.items()))
    return tuple(row.name for row in rows)


def until(clock: Clock, seconds: float, done: Callable[[], bool]) -> bool:
    """Whether it was done in time."""
    deadline = clock.monotonic() + seconds
    while not done():
        if clock.monotonic() >= deadline:
            return False
        clock.sleep(0.05)
    return True


def members(group: int, state: Path) -> list[int]:
    """Processes of a group that bear our mark, on Linux; a group's number alone could be a stranger's."""
    mark = f"{MARK}={state}".encode()
    return [
        pid for pid in _pids() if _group(pid) == group and mark in _environ(pid).split(b"\0") and born(pid)
    ]


def _same(row: Row) -> bool:
    return born(row.pid) == row.born != ""


def _pids() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except OSError:
        return []


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return -1


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
