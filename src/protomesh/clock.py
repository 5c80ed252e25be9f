"""Time as a port: production reads the machine's clocks, tests turn the hands themselves."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """`now` in seconds since the epoch; `monotonic` never goes back; `sleep` ends when `until` is set."""

    def now(self) -> float: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Wait; True when `until` was set before the time was over."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, until: threading.Event | None = None) -> bool:
        return (until or threading.Event()).wait(max(0.0, seconds))
