"""Signals as something to wait for, in a process of one thread."""

import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Self

ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While entered: SIGCHLD ends a wait early, and the signals that ask to stop are counted in `stops`."""

    def __init__(self) -> None:
        self.stops = 0
        self._ears, self._mouth = socket.socketpair()
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for end in (self._ears, self._mouth):
            end.setblocking(False)
        for number in ASKS_TO_STOP:
            self._before[number] = signal.signal(number, self._stop)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _noted)
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave back
        self._ears.close()
        self._mouth.close()

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or earlier when a signal came."""
        if select.select([self._ears], [], [], max(0.0, seconds))[0]:
            self._ears.recv(4096)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1


def _noted(_number: int, _frame: FrameType | None) -> None:
    """SIGCHLD needs a handler: without one it would not write to the wakeup descriptor."""
