"""One file of a partition's log, named after the offset of its first record."""

import os
from pathlib import Path

_NAME_DIGITS = 20
SUFFIX = ".log"


class Segment:
    """Opens or creates the file; `size` is how much of it is known to be good."""

    def __init__(self, directory: Path, base: int, *, fsync: bool) -> None:
        self.base = base
        self.path = directory / f"{base:0{_NAME_DIGITS}d}{SUFFIX}"
        self._fsync = fsync
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self._file).st_size
        if fsync:
            sync_directory(directory)

    def append(self, data: memoryview) -> int:
        """Write all of it; returns its position. When this raises OSError, the file is as it was."""
        position = self.size
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            if self._fsync:
                os.fdatasync(self._file)
        except OSError:
            self.cut(position)
            raise
        self.size = position + len(data)
        return position

    def read(self, position: int, size: int) -> bytes:
        """`size` bytes from `position`, or fewer at the end."""
        return os.pread(self._file, size, position)

    def cut(self, size: int) -> None:
        """Forget everything behind `size`."""
        os.ftruncate(self._file, size)
        self.size = size

    def close(self) -> None:
        """The file stays."""
        os.close(self._file)

    def delete(self) -> None:
        """The file goes."""
        self.close()
        self.path.unlink()


def sync_directory(directory: Path) -> None:
    """Make a new or renamed entry survive a power loss."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
