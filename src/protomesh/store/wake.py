"""The bell between a service and the relay: a datagram after each commit that left events.

Losing one costs nothing but a moment: the relay looks by itself every second as well.
"""

import contextlib
import hashlib
import os
import select
import socket
import tempfile
from pathlib import Path

LONGEST_PATH = 90
"""A Unix socket's address holds 108 bytes on Linux, 104 elsewhere; some are kept for a suffix."""


def bell_path(state_dir: Path, database: str) -> Path:
    """Where a database's bell hangs: in the state directory, or under a short name where that is too long."""
    path = state_dir.absolute() / "run" / f"{database}.bell"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"mesh-{digest}.bell"


class Bell:
    """Rings the relay's bell; never blocks, never fails."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self) -> None:
        """Wake whoever listens; nobody is no error."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", self._path)

    def close(self) -> None:
        """Ring no more."""
        self._socket.close()


class Wakener:
    """Hears the bell. One per relay and database; a stale socket file is replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(fresh))
        fresh.rename(path)
        self._socket.setblocking(False)

    def wait(self, timeout: float) -> bool:
        """Wait for the bell, at most `timeout` seconds; True when it rang. Rings in between count as one."""
        ready, _, _ = select.select([self._socket], [], [], timeout)
        with contextlib.suppress(BlockingIOError):
            while ready:
                self._socket.recv(16)
        return bool(ready)

    def close(self) -> None:
        """Hear no more; the address is free."""
        self._socket.close()
        self._path.unlink(missing_ok=True)
