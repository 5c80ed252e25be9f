"""The bell between a service and the relay: a datagram after each commit that left events.

Losing one costs nothing but a moment: the relay looks by itself every second as well.
"""

import contextlib
import os
import select
import socket
from pathlib import Path


class Bell:
    """Rings the relay's bell; never blocks, never fails."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", self._path)

    def close(self) -> None:
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
        self._socket.close()
        self._path.unlink(missing_ok=True)
