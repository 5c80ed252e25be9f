"""Failures of the database that pass: the same call may succeed when tried again."""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

CLASSES = frozenset({"08", "40", "53", "55", "57"})
"""Of SQLSTATE (PostgreSQL, appendix A): connection, rollback, resources, not ready, operator."""


def is_passing(error: BaseException) -> bool:
    """Whether this is a lock, a lost connection or the like, and no mistake in a statement."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in SQLITE
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (state[:2] in CLASSES if state else _no_connection(error))


def _no_connection(error: DBAPIError) -> bool:
    """Without SQLSTATE the server was never reached."""
    return type(error.orig).__name__ == "OperationalError"
