"""A broker to test against, as a process that can be killed. Another kind is one more class like these."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from protomesh.broker import Broker
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.testing import MemoryBroker

PATIENCE = 60.0
"""Seconds; generous, for a busy machine."""

TUNING = Tuning(heartbeat_interval=0.2, session_timeout=6.0, metadata_max_age=1.0, fetch_max_wait_ms=100)


class Backend(Protocol):
    """What the suite needs of a broker."""

    @property
    def address(self) -> str: ...

    def start(self) -> None: ...

    def kill(self) -> None:
        """SIGKILL."""
        ...

    def connect(self) -> Broker: ...

    def close(self) -> None: ...


class InMemory:
    """No process, and nothing to kill."""

    address = ""

    def __init__(self) -> None:
        self._broker = MemoryBroker()

    def start(self) -> None:
        """It is there."""

    def kill(self) -> None:
        raise AssertionError("it is no process")

    def connect(self) -> Broker:
        return self._broker

    def close(self) -> None:
        """It goes with its last user."""


class EmbeddedProcess:
    """`python -m protomesh.broker.embedded`; a restart keeps port and directory."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self._errors = directory / "stderr.txt"
        self._port = "0"
        self.address = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "protomesh.broker.embedded", "--data", str(self.directory)]
        self.directory.mkdir(parents=True, exist_ok=True)
        # Into a file, so that a chatty broker never blocks on a pipe that nobody reads.
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [*command, "--port", self._port, *self._arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("ready "), f"the broker did not start: {line!r} {self.errors()}"
        self.address = line.split()[1]
        self._port = self.address.rpartition(":")[2]

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._ended()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._ended()

    def connect(self) -> KafkaPython:
        return KafkaPython(self.address, TUNING)

    def errors(self) -> str:
        """Its standard error so far."""
        return self._errors.read_text()

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def _ended(self) -> int:
        assert self._process is not None
        status = self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status


def connect(backend: EmbeddedProcess) -> KafkaPython:
    """For tests of this one broker."""
    return backend.connect()


def until(holds: Callable[[], bool], what: str) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        pause.wait(0.01)
