"""What stands on disk about a running mesh: STATE/mesh.json, and the lock that one supervisor holds."""

import fcntl
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from protomesh.app.supervisor.process import born
from protomesh.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Row:
    """A component as `protomesh ps` shows it; `pid` 0 for none."""

    name: str
    state: str
    address: str
    pid: int
    restarts: int
    note: str
    born: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The whole mesh. `phase` is starting, running, stopping or stopped."""

    pid: int
    born: str
    base: int
    phase: str
    rows: tuple[Row, ...]

    @property
    def watched(self) -> bool:
        """Whether the supervisor lives."""
        return self.phase != "stopped" and born(self.pid) == self.born != ""

    @property
    def ready(self) -> bool:
        """Whether every component is."""
        return all(row.state == "ready" for row in self.rows)


def read(state: Path) -> Record | None:
    """The last record, None when there never was one. Raises ConfigError."""
    path = state / "mesh.json"
    try:
        data = json.loads(path.read_text())
        return Record(**{**data, "rows": tuple(Row(**row) for row in data["rows"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"not a record of a mesh: {error}", where=str(path), fix="remove the file"
        ) from None


def write(state: Path, record: Record) -> None:
    """Replace the record at once."""
    write_json(state / "mesh.json", asdict(record))


def truthful(record: Record) -> Record:
    """The record, corrected by what really runs when its supervisor is gone."""
    if record.watched:
        return record
    return replace(record, rows=tuple(_unwatched(row) for row in record.rows))


def _unwatched(row: Row) -> Row:
    if row.pid and born(row.pid) == row.born != "":
        return replace(row, state="degraded", note="nobody watches it: protomesh down ends it")
    return replace(row, state="failed" if row.state == "failed" else "stopped", pid=0)


def lock(state: Path) -> int:
    """Become the one that may start a mesh here; the descriptor holds the lock. Raises ConfigError."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(state / "mesh.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError(
            _busy(state), where=str(state), fix="protomesh down, or another --state-dir"
        ) from None
    return descriptor


def _busy(state: Path) -> str:
    record = read(state)
    by = f" (pid {record.pid}, ports from {record.base})" if record and record.watched else ""
    return f"a mesh is already running in this state directory{by}"


def write_json(path: Path, data: Any) -> None:
    """Replace a file at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        json.dump(data, file, indent=1)
    Path(file.name).replace(path)
