"""Log lines as JSON objects, one a line, written behind the caller's back so that a call never waits for them."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson

from protomesh.errors import ConfigError

FLUSH_SECONDS = 0.2
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class LogSink:
    """Collects lines and writes them to a file descriptor, every 0.2 s, when told to, and at close.

    A line costs an encoding and an append. What a SIGKILL can lose is the last 0.2 s of access lines; lines of
    warning and above are written at once.
    """

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, record: Mapping[str, Any]) -> None:
        self._lines.append(orjson.dumps(record, default=str, option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
            pending = memoryview(b"".join(lines))
            while pending:
                pending = pending[os.write(self._descriptor, pending) :]

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            if self._lines:
                self.flush()


class JsonHandler(logging.Handler):
    """Standard library logging into the sink; tracebacks as one string."""

    def __init__(self, sink: LogSink, name: str) -> None:
        super().__init__()
        self._sink = sink
        self._name = name
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, Any] = {
            "time": time.time(),
            "level": record.levelname.lower(),
            "name": self._name,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and self.formatter is not None:
            line["error"] = self.formatter.formatException(record.exc_info)
        self._sink.write(line)
        if record.levelno >= logging.WARNING:
            self._sink.flush()


def configure(name: str, level: str = "info") -> LogSink:
    """Send all logging of this process to standard error as JSON. Called once, by the composition root."""
    if level not in LEVELS:
        raise ConfigError(f"unknown log level '{level}'", where="PROTOMESH_LOG_LEVEL", fix=f"one of {', '.join(LEVELS)}")
    sink = LogSink()
    root = logging.getLogger()
    root.handlers[:] = [JsonHandler(sink, name)]
    root.setLevel(LEVELS[level])
    for chatty in ("kafka", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return sink
