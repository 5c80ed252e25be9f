"""The life of one component: a state machine without processes or clocks."""

from enum import StrEnum

from protomesh.app.supervisor.component import Restart


class State(StrEnum):
    """What `protomesh ps` shows."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    FAILED = "failed"
    STOPPED = "stopped"


class Life:
    """Told what happens (`now` in seconds, monotonic), it says when to start anew.

    `due` is when the next start is to happen, None while a process runs or none is wanted.
    """

    def __init__(self, restart: Restart, within: float) -> None:
        self.state = State.STARTING
        self.note = ""
        self.restarts = 0
        self.due: float | None = 0.0
        self._restart = restart
        self._within = within
        self._delay = restart.first
        self._stillborn = 0
        self._since = 0.0

    def started(self, now: float) -> None:
        """A process runs. The first one is no restart."""
        if self.state is State.DEGRADED:
            self.restarts += 1
        self.state, self.note, self.due, self._since = State.STARTING, "", None, now

    def ready(self, now: float) -> None:
        """The process serves."""
        self.state, self.note, self._stillborn, self._since = State.READY, "", 0, now

    def told(self, note: str) -> None:
        """The process runs, and says what is wrong with it; empty for nothing."""
        if self.state is State.READY:
            self.note = note

    @property
    def shown(self) -> State:
        """The state as a person sees it: one who serves, but has something to say, is degraded."""
        return State.DEGRADED if self.state is State.READY and self.note else self.state

    def waited(self, now: float) -> None:
        """Still not ready: after a while that is worth a word."""
        if self.state is State.STARTING and now - self._since > self._within:
            self.note = f"not ready after {self._within:g} s"

    def died(self, now: float, why: str) -> None:
        """The process is gone without having been told to."""
        if self.state is State.READY and now - self._since >= self._restart.healthy:
            self._delay = self._restart.first
        self._stillborn += self.state is not State.READY
        if self._stillborn >= self._restart.give_up:
            self.state, self.due, self.note = State.FAILED, None, why
            return
        self.state, self.due = State.DEGRADED, now + self._delay
        self.note = f"{why}; starting again in {self._delay:.1f} s"
        self._delay = min(self._delay * 2, self._restart.most)

    def stopped(self) -> None:
        """Ended because it was told to."""
        self.state, self.note, self.due = State.STOPPED, "", None
