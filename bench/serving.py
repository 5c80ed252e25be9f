"""Parts of a benchmark in processes of their own."""

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
    try:
        yield ready.get(timeout=60), psutil.Process(process.pid)
    finally:
        stop.set()
        process.join(10)
