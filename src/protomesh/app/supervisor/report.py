"""What a person at a terminal sees of a mesh: a line per event."""

from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from protomesh.app.supervisor.record import Record, Row


class Report:
    """Called with each record; says what changed since the last one, and `hello` once all are ready."""

    def __init__(self, out: TextIO, hello: str, seconds: Callable[[], float]) -> None:
        self._out = out
        self._hello = hello
        self._seconds = seconds
        self._before: dict[str, Row] = {}
        self._phase = ""
        self._greeted = False
        self._width = 0

    def __call__(self, record: Record) -> None:
        """A closed terminal is no reason to stop a mesh."""
        with suppress(OSError, ValueError):
            self._clear()
            self._tell(record)
            self._out.flush()

    def _tell(self, record: Record) -> None:
        for row in record.rows:
            self._line(row, self._before.get(row.name), record.phase)
        if record.phase != self._phase and record.phase in {"stopping", "stopped"}:
            self._say(record.phase)
        self._phase = record.phase
        self._before = {row.name: row for row in record.rows}
        if record.phase == "running" and not self._greeted:
            self._greeted = True
            self._say(f"ready in {self._seconds():.1f} s\n\n  {self._hello}\n" if self._hello else "ready")
        self._progress(record)

    def _line(self, row: Row, before: Row | None, phase: str) -> None:
        if before is not None and (row.state, row.note) == (before.state, before.note):
            return
        if row.state == "ready":
            self._say(f"  {row.name:<14} ready    {row.address}" + _again(row))
        elif row.state == "stopped":
            self._say(f"  {row.name:<14} stopped")
        elif row.note and phase != "stopping":
            self._say(f"  {row.name:<14} {row.state:<8} {row.note}")

    def _say(self, line: str) -> None:
        self._out.write(line + "\n")

    def _progress(self, record: Record) -> None:
        """One line that is overwritten, on a terminal only."""
        waiting = [row.name for row in record.rows if row.state == "starting"]
        if waiting and record.phase == "starting" and self._out.isatty():
            line = f"  … {', '.join(waiting)}"[:78]
            self._width = len(line)
            self._out.write(line)

    def _clear(self) -> None:
        if self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._width = 0


def _again(row: Row) -> str:
    return f"   (restart {row.restarts})" if row.restarts else ""
