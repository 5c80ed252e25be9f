"""How functions are, and the log told of it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protomesh.functions.counts import Tally
from protomesh.lanes import LanesHealth, LanesState


@dataclass(frozen=True, slots=True)
class FunctionHealth:
    """`note` says why the state is not ready; `overdue` is whether a handler runs beyond its timeout."""

    state: LanesState
    note: str
    lanes: LanesHealth
    tally: Tally
    dead_letters: int
    """Written since the process started."""
    dead_letters_waiting: int
    """Tried, and not acknowledged by the broker: their keys wait, are tried again, and `note` says why."""
    overdue: bool

    @property
    def consuming(self) -> bool:
        """Whether it has joined its group, however its handlers and letters fare."""
        return self.lanes.state is LanesState.READY


class HealthLog:
    """A line in the log for every change of a function's state: a warning when it is degraded.

    `note` is told what is wrong with each function, empty for nothing.
    """

    def __init__(
        self,
        health: Callable[[], Mapping[str, FunctionHealth]],
        log: logging.Logger,
        note: Callable[[str, str], None] = lambda _name, _note: None,
    ) -> None:
        self._health = health
        self._log = log
        self._note = note
        self._told: dict[str, LanesState] = {}

    def look(self) -> bool:
        """Tell what is new since the last look; whether all functions now consume."""
        found = self._health()
        for name, health in found.items():
            if health.state is not self._told.get(name, LanesState.STARTING):
                self._tell(name, health)
            self._told[name] = health.state
            degraded = health.state is LanesState.DEGRADED
            self._note(name, f"{name}: {health.note}" if degraded else "")
        return all(health.consuming for health in found.values())

    def _tell(self, name: str, health: FunctionHealth) -> None:
        level = logging.WARNING if health.state is LanesState.DEGRADED else logging.INFO
        text = f"{name}: {health.state.value}"
        self._log.log(level, "%s", f"{text}: {health.note}" if health.note else text)
