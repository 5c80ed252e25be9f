"""What a function may use beside its event."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from protomesh.clock import Clock
from protomesh.context import Clients

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """Made for each try."""

    name: str
    """The function's; its identity is `service:<name>`."""
    clients: Clients
    clock: Clock
    log: logging.Logger
    folder: Path
    """The function's own folder for state; it outlives restarts."""
    deadline: float
    """When the try is to be over, on the monotonic clock. Calls through `stub` end by then."""

    def stub(self, stub: type[S]) -> S:
        """A client of another service, by its generated stub class. Its calls raise `MeshError`s."""
        return self.clients.stub(stub)
