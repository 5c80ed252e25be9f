"""The data directory belongs to one broker at a time."""

import fcntl
import os
from pathlib import Path

from protomesh.errors import ConfigError


class DirectoryLock:
    """Held from its making to `close`, or to the end of the process. Raises ConfigError when it is taken."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "broker.lock"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise ConfigError(
                f"used by another broker, process {owner}",
                where=str(directory),
                fix="stop it, or name another directory",
            ) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Let the next one in."""
        os.close(self._file)
