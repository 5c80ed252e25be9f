"""The whole mesh of the reference application: how soon it is ready, and what it takes when idle."""

import contextlib
import time

import psutil

from bench.result import Result, at_most, middle
from tests.support.mesh import Mesh, running

ROUNDS = 5
SETTLE_SECONDS = 3.0
MEGABYTE = 1024 * 1024


def run() -> list[Result]:
    """`mesh.ready_s`, `mesh.idle_rss_mb`"""
    ready, resident = [], []
    for _ in range(ROUNDS):
        begin = time.monotonic()
        with running() as mesh:
            ready.append(time.monotonic() - begin)
            time.sleep(SETTLE_SECONDS)
            resident.append(_resident(mesh))
            parts = len(mesh.components())
    return [
        at_most("mesh.ready_s", middle(ready), "s", 5.0, "from `protomesh up -d` to its return"),
        at_most("mesh.idle_rss_mb", middle(resident), "MB", 900.0, f"{parts} processes and the supervisor"),
    ]


def _resident(mesh: Mesh) -> float:
    """Resident memory of all processes, the supervisor among them; shared pages are counted in each."""
    found: dict[int, psutil.Process] = {}
    for component in mesh.components().values():
        process = psutil.Process(component["pid"])
        parent = process.parent()
        for each in (
            process,
            *process.children(recursive=True),
            *([parent] if parent and parent.pid != 1 else []),
        ):
            found[each.pid] = each
    total = 0
    for process in found.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / MEGABYTE
