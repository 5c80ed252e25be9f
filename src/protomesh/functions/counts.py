"""What a function has done since the process started."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """A snapshot. `done` counts events of other types, too, which are passed over."""

    done: int
    runs: int
    retries: int
    seconds: float
    """Spent in the function, summed over all runs."""


class Counts:
    """Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = self._runs = self._retries = 0
        self._seconds = 0.0

    def ran(self, seconds: float) -> None:
        """The function was called."""
        with self._lock:
            self._runs += 1
            self._seconds += seconds

    def repeated(self) -> None:
        """An event is to be tried again."""
        with self._lock:
            self._retries += 1

    def done(self) -> None:
        """An event needs no more work."""
        with self._lock:
            self._done += 1

    def tally(self) -> Tally:
        """The sums so far."""
        with self._lock:
            return Tally(self._done, self._runs, self._retries, self._seconds)
