"""A component's log: a file that its process writes itself, so that no byte passes through the supervisor."""

import re
import shutil
from pathlib import Path
from typing import IO

_READY = re.compile(rb"^ready (\S+)\s*$", re.MULTILINE)
_TAIL = 8 * 1024


class Log:
    """`path` grows to `limit` bytes, then its content moves to `path` + `.1`.

    The move is a copy and a truncation, because the process keeps the file open; what it writes in the
    microseconds between is lost.
    """

    def __init__(self, path: Path, limit: int = 10 * 1024 * 1024) -> None:
        self.path = path
        self._limit = limit
        self._mark = 0

    def open(self) -> IO[bytes]:
        """For a process that starts now: what it writes is appended."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("ab")
        self._mark = file.tell()
        return file

    def ready(self) -> str:
        """The address of the line `ready ADDRESS` that the current process wrote, else empty."""
        with self.path.open("rb") as file:
            file.seek(self._mark)
            found = _READY.search(file.read(1024 * 1024))
        return found.group(1).decode(errors="replace") if found else ""

    def last(self, lines: int = 3) -> str:
        """The last lines of the current process, at most 500 characters."""
        with self.path.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(self._mark, end - _TAIL))
            text = file.read().decode(errors="replace")
        kept = [line.strip() for line in text.splitlines() if line.strip()]
        return " / ".join(kept[-lines:])[-500:]

    def rotate(self) -> None:
        """Make room once the limit is passed."""
        if self.path.exists() and self.path.stat().st_size > self._limit:
            shutil.copyfile(self.path, self.path.with_name(self.path.name + ".1"))
            self._mark = 0
            with self.path.open("rb+") as file:
                file.truncate(0)
