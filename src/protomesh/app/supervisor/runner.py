"""One component and its process."""

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from protomesh.app import notes
from protomesh.app.supervisor.component import Component
from protomesh.app.supervisor.life import Life, State
from protomesh.app.supervisor.logs import Log
from protomesh.app.supervisor.probe import status
from protomesh.app.supervisor.process import born, ending, exited, signal_group, signal_one, spawn
from protomesh.app.supervisor.record import Row
from protomesh.clock import Clock

KILLS = (signal.SIGKILL, signal.SIGTERM)


class Runner:
    """Starts the component's process, watches it and starts it anew; `step` never blocks for long."""

    def __init__(
        self, component: Component, folder: str, environ: Mapping[str, str], state: Path, clock: Clock
    ) -> None:
        self.component = component
        self.life = Life(component.restart, component.ready.within)
        self._folder = folder
        self._note = state / "notes" / component.name
        self._environ = {**environ, **component.env, "PROTOMESH_NOTE_FILE": str(self._note)}
        self._log = Log(state / "logs" / f"{component.name}.log")
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._born = ""
        self._address = component.address

    @property
    def running(self) -> bool:
        """Whether a process has been started and not been seen to end."""
        return self._child is not None

    def row(self) -> Row:
        """What stands in the record."""
        return Row(
            name=self.component.name,
            state=self.life.shown,
            address=self._address,
            pid=self._child.pid if self._child else 0,
            restarts=self.life.restarts,
            note=self.life.note,
            born=self._born if self._child else "",
        )

    def step(self) -> None:
        """Look once and do what is due."""
        now = self._clock.monotonic()
        if self._child is not None and exited(self._child.pid):
            self._died(now)
        if self.life.due is not None and self.life.due <= now:
            self._start(now)
        elif self.life.state is State.STARTING and self._child is not None:
            self._look_ready(now)
        elif self.life.state is State.READY:
            self.life.told(notes.read(self._note))
            self._log.rotate()

    def ask_to_stop(self) -> None:
        """SIGTERM to the process itself: it tells its own children."""
        self.life.due = None
        if self._child is not None:
            signal_one(self._child.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to it and everything it started."""
        self.life.due = None
        if self._child is not None:
            signal_group(self._child.pid, signal.SIGKILL)

    def ended(self) -> bool:
        """While stopping: whether it is gone now, and with it whatever it left behind."""
        if self._child is not None and exited(self._child.pid):
            self._reap()
        if self._child is None:
            self.life.stopped()
        return self._child is None

    def _start(self, now: float) -> None:
        self._note.unlink(missing_ok=True)
        try:
            with self._log.open() as log:
                self._child = spawn(self.component.command, self._folder, self._environ, log)
        except OSError as error:
            self.life.died(now, f"cannot start {self.component.command[0]}: {error.strerror}")
            return
        self._born = born(self._child.pid)
        self.life.started(now)

    def _look_ready(self, now: float) -> None:
        rule = self.component.ready
        if rule.http:
            answer = status(self.component.address, rule.http, ca=rule.ca)
            serves = self.component.address if answer == 200 else ""  # noqa: PLR2004 - OK
        else:
            serves = self._log.ready()
        if serves:
            self._address = self.component.address or serves
            self.life.ready(now)
        else:
            self.life.waited(now)

    def _died(self, now: float) -> None:
        """Whoever was killed from outside had no last words: its log tells of something else."""
        code = self._reap()
        last = "" if -code in KILLS else self._log.last()
        self.life.died(now, f"{ending(code)}: {last}" if last else ending(code))

    def _reap(self) -> int:
        """Its group first: the pid, and so the group's number, is its own only until it is reaped."""
        if self._child is None:
            return 0
        signal_group(self._child.pid, signal.SIGKILL)
        code = self._child.wait()
        self._child = None
        return code
