"""Migrations, applied at start: the library's own first, then the service's."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.sql import column
from sqlalchemy.sql import table as named

from protomesh.store.revisions import newest

LIBRARY = Path(__file__).parent / "migrations"


def migrate_library(engine: Engine) -> None:
    """Bring the library's tables (the outbox) to the newest revision."""
    migrate(engine, LIBRARY, table="mesh_version")


def migrate(engine: Engine, folder: Path, *, table: str = "alembic_version") -> None:
    """Bring the tables of `folder/versions` to the newest revision, in one transaction.

    Several processes may start at once: the transaction holds the database's write lock, so one migrates and
    the others find everything done.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7041776)")
        wanted = newest(folder / "versions")
        if wanted is not None and _applied(connection, table) == wanted:
            return
        from protomesh.store.upgrade import upgrade  # noqa: PLC0415 - 10 MB that most starts spare

        upgrade(connection, folder, table)


def _applied(connection: Connection, table: str) -> frozenset[str]:
    """The revisions that the database is at; none for a new one."""
    if not inspect(connection).has_table(table):
        return frozenset()
    return frozenset(connection.scalars(select(column("version_num")).select_from(named(table))))
