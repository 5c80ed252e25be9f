"""What must outlive the broker besides records: one JSON object a line, newest last.

A kill can tear only the last line, which is then left out. The file is rewritten from what it amounts to at
every start, and whenever it has grown far beyond that.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from protomesh.broker.embedded.log.segment import sync_directory
from protomesh.errors import ConfigError

Entry = Mapping[str, Any]

_WORTH_REWRITING = 4 * 1024 * 1024


class Journal:
    """Opens nothing before `rewrite`: first `entries` are read, then the file begins anew with their sum."""

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self._path = path
        self._fsync = fsync
        self._file: int | None = None
        self._size = 0
        self._rewritten_size = 0

    def entries(self) -> list[dict[str, Any]]:
        """What was written in earlier lives, oldest first. Raises ConfigError when a whole line is broken."""
        if not self._path.exists():
            return []
        found: list[dict[str, Any]] = []
        *lines, tail = self._path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise ConfigError(
                    f"line {number} is damaged: {error}",
                    where=str(self._path),
                    fix="delete the data directory",
                ) from error
        del tail  # without its newline it was never acknowledged
        return found

    def append(self, entry: Entry) -> None:
        """Write one entry; it is safe from a kill of this process when the call returns."""
        if self._file is None:
            raise ConfigError("the journal is closed", where=str(self._path))
        line = _line(entry)
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
        if self._fsync:
            os.fdatasync(self._file)
        self._size += len(line)

    @property
    def overgrown(self) -> bool:
        """Whether rewriting would save enough to be worth it."""
        return self._size > max(_WORTH_REWRITING, 2 * self._rewritten_size)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Replace the whole file by `entries`, at once or not at all."""
        fresh = self._path.with_suffix(".new")
        data = b"".join(map(_line, entries))
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        sync_directory(self._path.parent)
        self.close()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._size = self._rewritten_size = len(data)

    def close(self) -> None:
        """The file stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"
