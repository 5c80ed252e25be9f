"""What a running process says of itself to `protomesh ps`: a file that its supervisor reads."""

import threading
from pathlib import Path

LONGEST = 500


class Notes:
    """Notes by what they are about; while there are any, the process is shown as degraded.

    Without a path nobody reads them.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._notes: dict[str, str] = {}
        self._lock = threading.Lock()

    def tell(self, about: str, note: str) -> None:
        """Say something about `about`; an empty note takes back what was said."""
        with self._lock:
            if self._notes.get(about, "") == note:
                return
            self._notes[about] = note
            self._write("; ".join(each for each in self._notes.values() if each))

    def _write(self, text: str) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{self._path.name}.new")
        fresh.write_text(" ".join(text.split())[:LONGEST])
        fresh.replace(self._path)


def read(path: Path) -> str:
    """What the process says; empty for nothing."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
