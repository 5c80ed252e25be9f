"""Databases that emit, relays that publish, and a producer that the test commands."""

import logging
from pathlib import Path

from prometheus_client import CollectorRegistry

from protomesh.broker import Producer
from protomesh.clock import SystemClock
from protomesh.observe import RelayMetrics
from protomesh.relay import Relay, Source
from protomesh.store import Bell, PendingEvent, SqlDatabase, bell_path, lowest, migrate_library, open_engine
from protomesh.testing import eventually
from tests.support.strict_producer import StrictProducer

SECONDS = 60.0


class Yard:
    """Everything of one test, closed at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.producer = StrictProducer()
        self.registry = CollectorRegistry()
        self.log = logging.Logger("relay")  # noqa: LOG001 - one of this test's own, with no parent
        self.messages = Messages()
        self.log.addHandler(self.messages)
        self._metrics = RelayMetrics(self.registry)
        self._relays: list[Relay] = []
        self._databases: list[SqlDatabase] = []

    def database(self, name: str = "users", *, bell: bool = True, tables: bool = True) -> SqlDatabase:
        """A service's own database."""
        engine = open_engine(self.url(name))
        if tables:
            migrate_library(engine)
        ring = Bell(bell_path(self.folder, name)) if bell else None
        database = SqlDatabase(engine, SystemClock(), ring)
        self._databases.append(database)
        return database

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def source(self, name: str = "users", kind: type[Source] = Source) -> Source:
        """The relay's way into it."""
        engine = open_engine(self.url(name), connections=2)
        lock = self.folder / "run" / f"{name}.lock"
        return kind(name, SqlDatabase(engine, SystemClock()), bell_path(self.folder, name), lock)

    def relay(self, *sources: Source, producer: Producer | None = None) -> Relay:
        """A relay that runs."""
        made = Relay(
            sources or (self.source(),), producer or self.producer, SystemClock(), self._metrics, self.log
        )
        self._relays.append(made)
        made.start()
        return made

    def stop(self, relay: Relay) -> None:
        self._relays.remove(relay)
        relay.stop()

    def restart_producer(self) -> None:
        """A new producer on the same log, as a new process has."""
        fresh = StrictProducer()
        fresh.log = self.producer.log
        self.producer = fresh

    def close(self) -> None:
        self.producer.release()
        for relay in self._relays:
            relay.stop()
        self.producer.close()
        for database in self._databases:
            database.close()

    def published(self, *names: str) -> None:
        """Wait until exactly these are in the log, in this order."""
        eventually(lambda: len(self.producer.values()) >= len(names), SECONDS)
        assert self.producer.values() == list(names)


class Messages(logging.Handler):
    """What was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def pending(name: str, key: str = "k") -> PendingEvent:
    return PendingEvent(f"id-{name}", "t", key.encode(), name.encode(), (("ce_id", f"id-{name}".encode()),))


def emit(database: SqlDatabase, *names: str, key: str = "k") -> None:
    """A transaction for each."""
    for name in names:
        with database.unit_of_work() as work:
            work.add(pending(name, key))


def left(database: SqlDatabase) -> list[str]:
    """The events still in the outbox."""
    with database.unit_of_work(read_only=True) as work:
        return [row.value.decode() for row in lowest(work.tx, 100_000)]
