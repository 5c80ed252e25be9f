"""One transaction: the handler's rows, then its events, committed together or not at all."""

from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from protomesh.clock import Clock
from protomesh.errors import Internal
from protomesh.store import outbox
from protomesh.store.engine import READ_ONLY
from protomesh.store.events import Emission, Encode, PendingEvent
from protomesh.store.wake import Bell


class SqlUnitOfWork:
    """Begins when `tx` is first used. Belongs to one thread.

    Leaving the block normally commits, leaving it by an exception rolls back.
    """

    def __init__(
        self, engine: Engine, clock: Clock, bell: Bell | None, encode: Encode | None, *, read_only: bool
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._bell = bell
        self._encode = encode
        self._connection: Connection | None = None
        self._events: list[PendingEvent] = []
        self.read_only = read_only

    @property
    def tx(self) -> Connection:
        """The connection inside the transaction. Do not commit or roll back yourself."""
        if self._connection is None:
            connection = self._engine.connect()
            try:
                if self.read_only:
                    connection.execution_options(**{READ_ONLY: True, "postgresql_readonly": True})
                connection.begin()
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @property
    def holds_writes(self) -> bool:
        """Whether a transaction that may write is open: then no remote call may be waited for."""
        return self._connection is not None and not self.read_only

    def emit(self, topic: str, message: object, *, type: str, key: str = "", subject: str = "") -> None:  # noqa: A002 - CloudEvents' own name
        """Buffer an event, to be inserted as the last statement before COMMIT."""
        if self._encode is None:
            raise Internal("this unit of work cannot emit events")
        self.add(self._encode(Emission(topic, type, key, subject, message)))  # type: ignore[arg-type]

    def add(self, event: PendingEvent) -> None:
        """Buffer an event in its final form."""
        if self.read_only:
            raise Internal("a method without side effects emits no events of its own")
        self._events.append(event)

    def commit(self) -> None:
        """Insert the buffered events and commit; the relay is told. Does nothing when nothing was begun."""
        if self._events:
            outbox.add(self.tx, self._events, self._clock.now())
        if self._connection is not None:
            self._connection.commit()
            self._close()
        if self._events and self._bell is not None:
            self._bell.ring()
        self._events = []

    def rollback(self) -> None:
        """Undo everything; buffered events are forgotten."""
        self._events = []
        if self._connection is not None:
            try:
                self._connection.rollback()
            finally:
                self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.rollback()
            return
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
