"""Alembic migrations, applied at start: the library's own first, then the service's."""

from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

LIBRARY = Path(__file__).parent / "migrations"


def migrate_library(engine: Engine) -> None:
    """Bring the library's tables (the outbox) to the newest revision."""
    migrate(engine, LIBRARY, table="mesh_version")


def migrate(engine: Engine, folder: Path, *, table: str = "alembic_version") -> None:
    """Bring the tables of `folder/versions` to the newest revision, in one transaction.

    Several processes may start at once: the transaction holds the database's write lock, so one migrates and
    the others find everything done.
    """
    scripts = ScriptDirectory(str(folder))

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic's own upgrade command calls

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7041776)")
        context = MigrationContext.configure(connection, opts={"version_table": table, "fn": steps})
        with Operations.context(context):
            context.run_migrations()
