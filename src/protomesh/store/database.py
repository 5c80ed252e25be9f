"""A process's own database: the engine, and how units of work are opened on it."""

from sqlalchemy import Engine

from protomesh.clock import Clock
from protomesh.store.events import Encode
from protomesh.store.unit_of_work import SqlUnitOfWork
from protomesh.store.wake import Bell


class SqlDatabase:
    """Held by `Context`. `bell` wakes the relay after commits that left events."""

    def __init__(
        self, engine: Engine, clock: Clock, bell: Bell | None = None, encode: Encode | None = None
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._bell = bell
        self._encode = encode

    def unit_of_work(self, *, read_only: bool = False, encode: Encode | None = None) -> SqlUnitOfWork:
        """A new unit of work. `encode` says how emissions become events (it carries the call's trace)."""
        return SqlUnitOfWork(
            self.engine, self._clock, self._bell, encode or self._encode, read_only=read_only
        )

    def close(self) -> None:
        """Close all connections, and the bell."""
        self.engine.dispose()
        if self._bell is not None:
            self._bell.close()
