"""Files that may change while a process runs: policies, keys."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

EVERY = 0.3
"""Seconds between two looks. A look costs a few microseconds, and works on every file system."""

Print = tuple[object, ...]


class Watch:
    """Calls `changed` from a thread of its own, each time a file is another than it was.

    A file is told by what its path leads to now: a mounted configuration is renewed by swapping a link. Of a
    folder, all files in it count.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        changed: Callable[[], None],
        stopping: threading.Event,
        *,
        every: float = EVERY,
    ) -> None:
        self._paths = tuple(paths)
        self._changed = changed
        self._stopping = stopping
        self._every = every
        self._seen = self._look()

    def start(self) -> None:
        """Begin to look; a change since the watch was made counts."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            found = self._look()
            if found != self._seen:
                self._seen = found
                self._tell()

    def _tell(self) -> None:
        """Whatever goes wrong with one change, the next one is to be seen."""
        try:
            self._changed()
        except Exception:
            logging.getLogger(__name__).exception("a changed file was not taken")

    def _look(self) -> tuple[Print, ...]:
        return tuple(_print(path) for path in self._paths)


def _print(path: Path) -> Print:
    """What tells a file or folder from what it was; empty where there is none."""
    try:
        found = path.stat()
        inside = sorted(os.listdir(path)) if path.is_dir() else ()  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return ()
    own = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
    return (*own, *((name, *_print(path / name)) for name in inside))
