"""Parts of a benchmark in processes of their own, on a core of their own where the machine has two."""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import psutil


@contextlib.contextmanager
def running(serve: Callable[..., None], *arguments: Any) -> Iterator[tuple[int, psutil.Process]]:
    """Run `serve(*arguments, ready, stop)` in a fresh interpreter; yields the port that it reports."""
    spawn = multiprocessing.get_context("spawn")
    ready, stop = spawn.Queue(), spawn.Event()
    process = spawn.Process(target=serve, args=(*arguments, ready, stop))
    process.start()
    server = psutil.Process(process.pid)
    try:
        with _apart(server):
            yield ready.get(timeout=60), server
    finally:
        stop.set()
        process.join(10)


@contextlib.contextmanager
def _apart(server: psutil.Process) -> Iterator[None]:
    """The server on the last core, this process on the others: neither costs the other anything."""
    here, cores = psutil.Process(), psutil.cpu_count() or 1
    before = here.cpu_affinity()
    if cores > 1:
        server.cpu_affinity([cores - 1])
        here.cpu_affinity(list(range(cores - 1)))
    try:
        yield
    finally:
        here.cpu_affinity(before)
