"""Log lines as JSON objects, one a line, written by a thread so that no call waits for them."""

import contextlib
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from protomesh.errors import ConfigError

FLUSH_SECONDS = 0.2
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest came as `extra`, and goes into the line."""


class LogSink:
    """Collects lines and writes them to a file descriptor, every 0.2 s, when told to, and at close.

    A line costs an encoding and an append. What a SIGKILL can lose is the last 0.2 s of access lines; lines
    of warning and above are written at once.
    """

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, record: Mapping[str, Any]) -> None:
        """Keep a line until the next flush. Never raises."""
        self._lines.append(_encoded(record))

    def flush(self) -> None:
        """Write all lines kept so far. A descriptor that takes no more loses them: a service goes on."""
        with self._lock, contextlib.suppress(OSError):
            pending = memoryview(b"".join(self._taken()))
            while pending:
                pending = pending[os.write(self._descriptor, pending) :]

    def close(self) -> None:
        """Write what is left, and end the thread."""
        self._closed.set()
        self._thread.join()
        self.flush()

    def _taken(self) -> Iterator[bytes]:
        """Lines out of the queue, one by one: threads that write meanwhile lose none."""
        for _ in range(len(self._lines)):
            yield self._lines.popleft()

    def _run(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            if self._lines:
                self.flush()


def _encoded(record: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, default=str, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # text that is no UTF-8, numbers beyond 64 bits, keys that are no text
        return json.dumps({str(key): value for key, value in record.items()}, default=str).encode() + b"\n"


class JsonHandler(logging.Handler):
    """Standard library logging into the sink; tracebacks as one string."""

    def __init__(self, sink: LogSink, name: str) -> None:
        super().__init__()
        self._sink = sink
        self._name = name
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """A record of the standard library as a line."""
        line: dict[str, Any] = {
            "time": time.time(),
            "level": record.levelname.lower(),
            "name": self._name,
            "logger": record.name,
            "message": _message(record),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in PLAIN)
        if record.exc_info and self.formatter is not None:
            line["error"] = self.formatter.formatException(record.exc_info)
        self._sink.write(line)
        if record.levelno >= logging.WARNING:
            self._sink.flush()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args!r}"  # arguments that do not fit lose no line


def configure(name: str, level: str = "info") -> LogSink:
    """Send all logging of this process to standard error as JSON. Called once, by the composition root."""
    if level not in LEVELS:
        raise ConfigError(
            f"unknown log level '{level}'", where="PROTOMESH_LOG_LEVEL", fix=f"one of {', '.join(LEVELS)}"
        )
    sink = LogSink()
    root = logging.getLogger()
    root.handlers[:] = [JsonHandler(sink, name)]
    root.setLevel(LEVELS[level])
    for chatty in ("kafka", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return sink
