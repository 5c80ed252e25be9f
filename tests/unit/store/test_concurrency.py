"""Many writers at once, locks that are held, and connections that break."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from protomesh.store import SqlDatabase, is_passing, migrate_library, open_engine
from protomesh.testing import FakeClock
from tests.support.need import need
from tests.support.postgres import Postgres
from tests.unit.store.parts import make_notes, names, notes, outbox, pending, texts

WRITERS, ROUNDS = 8, 50


def test_no_writer_loses_a_row_or_an_event(database: SqlDatabase) -> None:
    make_notes(database)

    def write(writer: int) -> None:
        for number in range(ROUNDS):
            with database.unit_of_work() as work:
                work.tx.execute(select(func.count()).select_from(notes)).scalar_one()
                work.tx.execute(insert(notes).values(text=f"{writer}-{number}"))
                work.add(pending(f"{writer}-{number}", key=str(writer % 3)))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    expected = {f"{writer}-{number}" for writer in range(WRITERS) for number in range(ROUNDS)}
    assert len(texts(database)) == len(expected)
    assert (set(texts(database)), set(names(database))) == (expected, expected)
    for writer in range(WRITERS):
        mine = [each for each in names(database) if each.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{number}" for number in range(ROUNDS)]


def test_within_a_key_ids_are_in_the_order_of_commits(database: SqlDatabase) -> None:
    """The order of commits is told by a row that each transaction locks and counts up."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE counters (name VARCHAR(10) PRIMARY KEY, value INTEGER)"))
        connection.execute(text("INSERT INTO counters VALUES ('a', 0), ('b', 0)"))

    def write(writer: int) -> None:
        for _ in range(ROUNDS // 2):
            key = "ab"[writer % 2]
            with database.unit_of_work() as work:
                work.tx.execute(text("UPDATE counters SET value = value + 1 WHERE name = :key"), {"key": key})
                count = work.tx.execute(text("SELECT value FROM counters WHERE name = :key"), {"key": key})
                work.add(pending(str(count.scalar_one()), key=key))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    found = defaultdict(list)
    for row in outbox(database):
        found[row.key].append(int(row.value))
    assert {key: values == sorted(values) for key, values in found.items()} == {b"a": True, b"b": True}


def test_ids_of_a_key_without_any_row_lock(database: SqlDatabase) -> None:
    """Two events of one key, neither behind a row that both lock: the later id still commits later."""
    committed: list[str] = []
    event.listen(database.engine, "commit", lambda _c: committed.append(threading.current_thread().name))

    def write(number: int) -> None:
        threading.current_thread().name = f"w{number}"
        with database.unit_of_work() as work:
            work.add(pending(f"w{number}", key="same"))

    for _ in range(5):
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))
    assert len(names(database)) == WRITERS * 5
    assert names(database) == [name for name in committed if name.startswith("w")]


def hasty(database: SqlDatabase) -> None:
    """Wait for locks for moments only."""

    def shorten(connection: Any, _entry: Any) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    if database.engine.dialect.name == "sqlite":
        event.listen(database.engine, "connect", shorten)
        database.engine.dispose()


@pytest.mark.parametrize("connections", [1, 2])
def test_a_lock_that_is_held_passes_and_costs_no_connection(
    connections: int, tmp_path: Any, clock: FakeClock
) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    holder, engine = open_engine(url), open_engine(url, connections=connections)
    with closing(SqlDatabase(holder, clock)) as other, closing(SqlDatabase(engine, clock)) as database:
        migrate_library(engine)
        hasty(database)
        errors = []
        with other.unit_of_work() as holding:
            holding.tx.execute(text("SELECT 1"))
            for _ in range(connections + 2):
                with pytest.raises(OperationalError, match="locked") as caught:
                    _ = database.unit_of_work().tx
                errors.append(caught.value)  # and with it every frame that it passed
        assert all(is_passing(error) for error in errors)
        with database.unit_of_work() as work:
            work.add(pending("e1"))
        assert names(database) == ["e1"]


def test_a_mistake_does_not_pass(database: SqlDatabase) -> None:
    for statement in ("SELECT * FROM nowhere", "SELEKT 1", "INSERT INTO mesh_outbox (id) VALUES (NULL)"):
        with pytest.raises(SQLAlchemyError) as caught, database.unit_of_work() as work:
            work.tx.execute(text(statement))
        assert not is_passing(caught.value), statement
    assert not is_passing(ValueError())


def test_a_pool_that_is_empty_passes() -> None:
    assert is_passing(PoolTimeout("QueuePool limit"))


def test_a_connection_that_breaks_is_not_lost_to_the_pool(postgres: Postgres, clock: FakeClock) -> None:
    url = postgres.database()
    engine, killer = open_engine(url, connections=1), open_engine(url, connections=1)
    with closing(SqlDatabase(engine, clock)) as database, closing(SqlDatabase(killer, clock)):
        migrate_library(engine)
        for _ in range(3):
            work = database.unit_of_work()
            pid = work.tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with killer.begin() as connection:
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            work.add(pending("lost"))
            with pytest.raises(OperationalError) as caught:
                work.commit()
            work.rollback()
            assert is_passing(caught.value), caught.value
        with database.unit_of_work() as work:
            work.add(pending("kept"))
        assert names(database) == ["kept"]


def test_a_server_that_is_away_passes(clock: FakeClock) -> None:
    need("postgres")
    engine = open_engine("postgresql+psycopg://u@/d?host=/nowhere")
    with closing(SqlDatabase(engine, clock)) as database, pytest.raises(OperationalError) as caught:
        _ = database.unit_of_work().tx
    assert is_passing(caught.value)
