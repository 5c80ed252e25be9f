"""The loop that keeps a mesh up."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from protomesh.app.supervisor import drain, record
from protomesh.app.supervisor.component import Plan
from protomesh.app.supervisor.life import State
from protomesh.app.supervisor.process import born
from protomesh.app.supervisor.record import Record
from protomesh.app.supervisor.runner import Runner
from protomesh.app.supervisor.signals import Signals
from protomesh.clock import Clock

SOON = 0.05
IDLE = 1.0
DRAIN = 5.0

Told = Callable[[Record], None]
"""Called with every record that differs from the one before."""


class Supervisor:
    """Runs a plan until a signal asks it to stop. One thread, in the main thread of its process.

    The first signal stops everything in phases, a second one kills what is left.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        state: Path,
        pid: int,
        environ: Mapping[str, str],
        clock: Clock,
        told: Sequence[Told],
    ) -> None:
        self._plan = plan
        self._state = state
        self._pid = pid
        self._born = born(pid)
        self._clock = clock
        self._told = told
        self._last: Record | None = None
        self._runners = [Runner(each, plan.folder, environ, state, clock) for each in plan.components]

    def run(self) -> None:
        """Return when everything has been stopped."""
        with Signals() as signals:
            try:
                while not signals.stops:
                    for runner in self._runners:
                        runner.step()
                    self._publish(
                        "running" if self._last and self._last.phase == "running" else self._phase()
                    )
                    signals.wait(self._pause())
            finally:
                self._stop(signals)

    def _phase(self) -> str:
        return "running" if all(each.life.state is State.READY for each in self._runners) else "starting"

    def _pause(self) -> float:
        """Seconds until something is due."""
        if any(each.life.state is State.STARTING for each in self._runners):
            return SOON
        now = self._clock.monotonic()
        return min([IDLE, *(each.life.due - now for each in self._runners if each.life.due is not None)])

    def _stop(self, signals: Signals) -> None:
        self._publish("stopping")
        phase = attrgetter("component.stop_phase")
        for _, runners in groupby(sorted(self._runners, key=phase), key=phase):
            self._stop_phase(list(runners), signals)
            self._publish("stopping")
        self._publish("stopped")

    def _stop_phase(self, runners: list[Runner], signals: Signals) -> None:
        hurry = 2

        def hurried(seconds: float) -> bool:
            signals.wait(seconds)
            return signals.stops >= hurry

        for runner in runners:
            if runner.component.admin and runner.running and signals.stops < hurry:
                drain.drain(runner.component.admin, hurried, DRAIN)
            runner.ask_to_stop()
        deadline = self._clock.monotonic() + max(each.component.grace for each in runners)
        while not all(each.ended() for each in runners):
            if signals.stops >= hurry or self._clock.monotonic() >= deadline:
                for runner in runners:
                    runner.kill()
            signals.wait(SOON)

    def _publish(self, phase: str) -> None:
        rows = tuple(each.row() for each in self._runners)
        now = Record(self._pid, self._born, self._plan.base, phase, rows)
        if now != self._last:
            self._last = now
            record.write(self._state, now)
            for told in self._told:
                told(now)
