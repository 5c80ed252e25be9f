"""A process as `protomesh.app` sees one, without running it."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protomesh.app.notes import Notes
from protomesh.app.process import Process
from protomesh.clock import Clock
from protomesh.contract import Contract
from protomesh.observe import LogSink
from protomesh.settings import Manifest, ProcessSettings
from protomesh.testing import FakeClock


class Lines(logging.Handler):
    """What was logged, as `level message`."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(f"{record.levelname.lower()} {record.getMessage()}")


def process(
    project: Path, contract: Contract, manifest: Mapping[str, Any], clock: Clock | None = None, **told: Any
) -> tuple[Process, Lines]:
    """`users` in a project's folder, with state in `state` there; `told` is its environment."""
    settings = ProcessSettings(manifest=project / "mesh.toml", state_dir=project / "state", **told)
    log, lines = logging.Logger("users"), Lines()  # noqa: LOG001 - one of this process's own, with no parent
    log.addHandler(lines)
    sink = LogSink()
    sink.close()
    whole = Manifest.model_validate({"mesh": {"name": "shop"}, **manifest})
    notes = Notes(settings.note_file)
    stopping = threading.Event()
    made = Process("users", settings, whole, contract, clock or FakeClock(), sink, log, stopping, notes)
    return made, lines
