"""An SQLAlchemy engine with the settings that the unit of work relies on."""

import os
import sqlite3
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from protomesh.errors import ConfigError

READ_ONLY = "protomesh_read_only"
"""Execution option of a connection whose transactions only read."""

MEMORY = ":memory:"
BUSY_SECONDS = 5
LOOK_SECONDS = 0.01


def open_engine(url: str, *, connections: int = 16) -> Engine:
    """Open the database of a service: `sqlite:////path/users.db` or `postgresql+psycopg://…`.

    Errors of the database never show the values of a statement: these may be personal, and errors are logged.
    Raises ConfigError for a URL that cannot be understood, and for a driver that is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(
            "not a database URL", where=url.rsplit("@", maxsplit=1)[-1], fix="use sqlite:///file.db"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        return _server(parsed, connections)
    engine = create_engine(
        parsed,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "do_connect", _create)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _server(url: URL, connections: int) -> Engine:
    where = url.render_as_string(hide_password=True)
    try:
        return create_engine(
            url, pool_size=connections, max_overflow=0, pool_pre_ping=True, hide_parameters=True
        )
    except NoSuchModuleError:
        raise ConfigError(
            "no such kind of database", where=where, fix="use sqlite:// or postgresql+psycopg://"
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the driver {error.name} is not installed", where=where, fix="pip install it"
        ) from None


def _create(_dialect: Any, _record: Any, arguments: list[Any], _named: Any) -> None:
    """A new file is for its owner alone, and so are the further ones that SQLite makes beside it.

    What is wrong with a path, SQLite says better.
    """
    with suppress(OSError):
        if arguments[0] != MEMORY:
            os.close(os.open(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """WAL lets readers go on beside the writer; FULL makes a commit survive a power cut."""
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: Any) -> None:
    """A file's first switch to WAL does not wait for its lock, and several processes may start at once."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later would fail under load."""
    read_only = bool(connection.get_execution_options().get(READ_ONLY, False))
    if connection.info.get(READ_ONLY, False) is not read_only:
        connection.exec_driver_sql(f"PRAGMA query_only={int(read_only)}")
        connection.info[READ_ONLY] = read_only
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
