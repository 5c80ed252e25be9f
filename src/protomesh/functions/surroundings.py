"""What all functions of a process share."""

import logging
from dataclasses import dataclass
from pathlib import Path

from protomesh.broker import Broker
from protomesh.clock import Clock
from protomesh.context import Clients
from protomesh.contract import Contract
from protomesh.functions.counts import Counts
from protomesh.functions.dead_letters import DeadLetters
from protomesh.functions.invoker import Invoker
from protomesh.functions.spec import FunctionSpec


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`acknowledgement`: how many seconds one try waits for a dead letter to be stored."""

    contract: Contract
    broker: Broker
    clock: Clock
    state_dir: Path
    log: logging.Logger
    acknowledgement: float = 5.0

    def invoker(self, spec: FunctionSpec, clients: Clients) -> Invoker:
        """A function made ready to be called, with its folder and its dead letters."""
        folder = self.state_dir / spec.name
        folder.mkdir(parents=True, exist_ok=True)
        return Invoker(
            spec=spec,
            contract=self.contract,
            clients=clients,
            clock=self.clock,
            folder=folder,
            log=self.log.getChild(spec.name),
            dead_letters=DeadLetters(spec, self.broker.producer(), self.clock, self.acknowledgement),
            counts=Counts(),
        )
