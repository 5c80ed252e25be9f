"""Alembic. Loaded when a migration is due, since it is large."""

from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection, folder: Path, table: str) -> None:
    """Apply the revisions of `folder/versions` that are missing; `table` holds the version."""
    scripts = ScriptDirectory(str(folder))

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic's own upgrade command calls

    context = MigrationContext.configure(connection, opts={"version_table": table, "fn": steps})
    with Operations.context(context):
        context.run_migrations()
