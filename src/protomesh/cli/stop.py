"""A mesh ended from outside: by its supervisor, or in its place."""

import signal
from collections.abc import Callable
from dataclasses import replace

from protomesh.app.grace import KILL_SECONDS
from protomesh.app.supervisor import record
from protomesh.app.supervisor.leftovers import end, until
from protomesh.app.supervisor.paths import Paths
from protomesh.app.supervisor.process import signal_one
from protomesh.app.supervisor.record import Record
from protomesh.clock import Clock, SystemClock
from protomesh.errors import Unavailable

LONGEST = 6 * KILL_SECONDS
"""Seconds: five phases of stopping with their grace, and some more."""


def stop(paths: Paths, say: Callable[[str], None], grace: float = KILL_SECONDS) -> bool:
    """Stop everything; whether anything ran. `grace` is for what has no supervisor. Raises Unavailable."""
    last = record.read(paths.state)
    if last is None:
        return False
    clock = SystemClock()
    if ran := last.watched:
        _end_supervisor(last, clock)
        last = record.read(paths.state) or last
    ended = end(last, paths.state, clock, grace)
    if ended:
        say(f"ended what was left running: {', '.join(ended)}")
    still = record.truthful(last)
    if any(row.state == "degraded" for row in still.rows):
        raise Unavailable("some processes could not be ended: see protomesh ps")
    record.write(paths.state, replace(still, phase="stopped"))
    return ran or bool(ended)


def _end_supervisor(last: Record, clock: Clock) -> None:
    signal_one(last.pid, signal.SIGTERM)
    if not until(clock, LONGEST, lambda: not last.watched):
        signal_one(last.pid, signal.SIGKILL)
        until(clock, 5.0, lambda: not last.watched)
