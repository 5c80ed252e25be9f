"""All functions of a process: one consumer each, their dead-letter topics, and how they are."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from protomesh.broker import Broker
from protomesh.clock import Clock, SystemClock
from protomesh.context import Clients
from protomesh.contract import Contract
from protomesh.functions.discovery import check_messages, check_topics
from protomesh.functions.health import FunctionHealth
from protomesh.functions.invoker import Invoker
from protomesh.functions.lifeline import Lifeline
from protomesh.functions.spec import FunctionSpec
from protomesh.functions.surroundings import Surroundings
from protomesh.lanes import Lanes, LanesState, Limits, Pace


@dataclass(frozen=True, slots=True)
class _Part:
    spec: FunctionSpec
    lanes: Lanes
    invoker: Invoker

    def stop(self, grace: float) -> None:
        self.lanes.stop(grace)
        self.invoker.dead_letters.close()


class Runtime:
    """Runs functions until it is stopped.

    `topics` names those that are declared, `clients` makes the clients of a function by its name, which is
    its identity, and `state_dir` gets a folder per function. Raises ConfigError for a function on a topic
    that is not declared, or with a message that the contract does not know.
    """

    def __init__(
        self,
        functions: Sequence[FunctionSpec],
        broker: Broker,
        contract: Contract,
        clients: Callable[[str], Clients],
        *,
        topics: Collection[str],
        state_dir: Path,
        clock: Clock | None = None,
        log: logging.Logger | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        check_topics(functions, topics)
        check_messages(functions, contract)
        self._broker = broker
        self._clock = clock or SystemClock()
        self._log = log or logging.getLogger("protomesh.functions")
        self._lifeline = Lifeline(functions, broker, self._consume, self._clock, self._log)
        around = Surroundings(contract, broker, self._clock, state_dir, self._log)
        self._parts = {
            spec.name: self._part(spec, around.invoker(spec, clients(spec.name)), limits, pace)
            for spec in functions
        }

    def start(self) -> None:
        """Returns at once. Consumption begins when the dead-letter topics exist."""
        self._lifeline.start()

    def stop(self, grace: float) -> None:
        """Let what runs end, at most `grace` seconds for all functions together, then leave the groups.

        That takes few seconds more, whether or not a broker answers.
        """
        self._lifeline.stop()
        ends = [
            threading.Thread(target=part.stop, args=(grace,), daemon=True) for part in self._parts.values()
        ]
        for end in ends:
            end.start()
        for end in ends:
            end.join()
        self._lifeline.close()

    def health(self) -> Mapping[str, FunctionHealth]:
        """Of every function by its name. Cheap."""
        return {name: self._health(part) for name, part in self._parts.items()}

    def _health(self, part: _Part) -> FunctionHealth:
        lanes = part.lanes.health()
        stuck = part.invoker.dead_letters.stuck()
        overdue = lanes.longest > part.spec.timeout
        state, note = lanes.state, lanes.note
        if state in {LanesState.STARTING, LanesState.READY} and self._lifeline.trouble:
            state, note = LanesState.DEGRADED, self._lifeline.trouble
        elif state is LanesState.READY and stuck.count:
            state, note = (
                LanesState.DEGRADED,
                f"dead letters that cannot be written: {stuck.count}; {stuck.why}",
            )
        elif state is LanesState.READY and overdue:
            state, note = LanesState.DEGRADED, f"a handler has been running for {lanes.longest:.0f} s"
        written = part.invoker.dead_letters.written
        return FunctionHealth(state, note, lanes, part.invoker.counts.tally(), written, stuck.count, overdue)

    def _part(self, spec: FunctionSpec, invoker: Invoker, limits: Limits | None, pace: Pace | None) -> _Part:
        lanes = Lanes(
            partial(self._broker.consumer, spec.group, [spec.topic]),
            invoker,
            name=spec.group,
            workers=spec.concurrency,
            by_key=spec.by_key,
            clock=self._clock,
            log=invoker.log,
            limits=limits,
            pace=pace,
        )
        return _Part(spec, lanes, invoker)

    def _consume(self) -> None:
        for part in self._parts.values():
            part.lanes.start()
