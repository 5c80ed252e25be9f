"""The store: engine, unit of work, migrations and the outbox; SQLite by default, PostgreSQL in production."""

from protomesh.store.database import SqlDatabase
from protomesh.store.engine import open_engine
from protomesh.store.events import Emission, PendingEvent
from protomesh.store.migrate import migrate, migrate_library
from protomesh.store.outbox import OutboxRow, depth, lowest, remove
from protomesh.store.passing import is_passing
from protomesh.store.unit_of_work import SqlUnitOfWork
from protomesh.store.wake import Bell, Wakener, bell_path

__all__ = [
    "Bell",
    "Emission",
    "OutboxRow",
    "PendingEvent",
    "SqlDatabase",
    "SqlUnitOfWork",
    "Wakener",
    "bell_path",
    "depth",
    "is_passing",
    "lowest",
    "migrate",
    "migrate_library",
    "open_engine",
    "remove",
]
