"""One transaction: rows and events, or neither."""

from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import SQLAlchemyError

from protomesh.errors import Internal
from protomesh.store import Emission, SqlDatabase
from protomesh.testing import FakeClock
from tests.unit.store.parts import make_notes, names, notes, outbox, pending, texts, write


@pytest.fixture
def statements(database: SqlDatabase) -> list[str]:
    """What reaches the database from now on."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", lambda _connection: seen.append("COMMIT"))
    event.listen(database.engine, "rollback", lambda _connection: seen.append("ROLLBACK"))
    return seen


def test_it_begins_when_it_is_first_used(database: SqlDatabase, statements: list[str]) -> None:
    with database.unit_of_work() as work:
        assert not work.holds_writes
    assert statements == []
    with database.unit_of_work() as work:
        work.tx.execute(text("SELECT 1"))
        assert work.holds_writes
    assert statements[-2:] == ["SELECT 1", "COMMIT"]


def test_both_are_committed(database: SqlDatabase) -> None:
    make_notes(database)
    with database.unit_of_work() as work:
        work.tx.execute(insert(notes).values(text="a"))
        work.add(pending("e1"))
    assert (texts(database), names(database)) == (["a"], ["e1"])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_neither_after_an_error(database: SqlDatabase, error: type[BaseException]) -> None:
    make_notes(database)

    def fail() -> None:
        with database.unit_of_work() as work:
            work.add(pending("e1"))
            work.tx.execute(insert(notes).values(text="a"))
            raise error

    with pytest.raises(error):
        fail()
    assert (texts(database), names(database)) == ([], [])


def test_events_alone_need_no_row(database: SqlDatabase) -> None:
    with database.unit_of_work() as work:
        work.add(pending("e1"))
        assert not work.holds_writes, "buffering an event begins nothing"
    assert names(database) == ["e1"]


def test_events_come_last_and_in_their_order(database: SqlDatabase, statements: list[str]) -> None:
    make_notes(database)
    statements.clear()
    with database.unit_of_work() as work:
        work.add(pending("e1", key="z"))
        work.add(pending("e2", key="a"))
        work.tx.execute(insert(notes).values(text="a"))
        work.add(pending("e3", key="z"))
    inserts = [each.split()[2] for each in statements if each.startswith("INSERT")]
    assert inserts == ["notes", "mesh_outbox"]
    assert statements[-1] == "COMMIT"
    assert "mesh_outbox" in statements[-2]
    assert names(database) == ["e1", "e2", "e3"]


def test_an_event_that_cannot_be_inserted_takes_the_rows_with_it(database: SqlDatabase) -> None:
    make_notes(database)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE mesh_outbox"))

    def emit() -> None:
        with database.unit_of_work() as work:
            work.tx.execute(insert(notes).values(text="a"))
            work.add(pending("e1"))

    with pytest.raises(SQLAlchemyError):
        emit()
    assert texts(database) == []


def test_a_reader_can_not_write(database: SqlDatabase) -> None:
    make_notes(database)

    def sneak() -> None:
        with database.unit_of_work(read_only=True) as work:
            work.tx.execute(insert(notes).values(text="a"))

    for _ in range(2):
        with pytest.raises(SQLAlchemyError, match=r"read-?only"):
            sneak()
        write(database, "b")
    assert texts(database) == ["b", "b"]


def test_a_reader_emits_nothing(database: SqlDatabase) -> None:
    with (
        database.unit_of_work(read_only=True) as work,
        pytest.raises(Internal, match="emits no events"),
    ):
        work.add(pending("e1"))
    assert names(database) == []


def test_a_reader_holds_no_writes(database: SqlDatabase) -> None:
    with database.unit_of_work(read_only=True) as work:
        work.tx.execute(text("SELECT 1"))
        assert not work.holds_writes


def test_a_reader_waits_for_no_writer(database: SqlDatabase) -> None:
    make_notes(database)
    write(database, "before")
    with database.unit_of_work() as work:
        work.tx.execute(insert(notes).values(text="during"))
        assert texts(database) == ["before"]
    assert texts(database) == ["before", "during"]


def test_emit_needs_to_know_how_events_are_encoded(database: SqlDatabase) -> None:
    with database.unit_of_work() as work, pytest.raises(Internal, match="cannot emit"):
        work.emit("t", object(), type="a.b")


def test_emit_encodes_at_once(database: SqlDatabase) -> None:
    """A message that changes afterwards does not change what was emitted."""
    asked: list[Emission] = []

    def encode(emission: Emission) -> Any:
        asked.append(emission)
        return pending(emission.type)

    with database.unit_of_work(encode=encode) as work:
        message: Any = object()
        work.emit("t", message, type="a.b", key="k", subject="s")
        assert asked == [Emission("t", "a.b", "k", "s", message)]
    assert names(database) == ["a.b"]


def test_after_its_end_it_can_begin_again(database: SqlDatabase) -> None:
    make_notes(database)
    work = database.unit_of_work()
    work.tx.execute(insert(notes).values(text="a"))
    work.add(pending("e1"))
    work.rollback()
    work.tx.execute(insert(notes).values(text="b"))
    work.commit()
    work.commit()
    work.rollback()
    assert (texts(database), names(database)) == (["b"], [])


def test_the_time_of_an_event_is_the_clock_s(database: SqlDatabase, clock: FakeClock) -> None:
    clock.advance(5)
    with database.unit_of_work() as work:
        work.add(pending("e1"))
    with database.unit_of_work(read_only=True) as work:
        created = work.tx.execute(text("SELECT created FROM mesh_outbox")).scalar_one()
    assert created == clock.now()


def test_what_stands_in_the_outbox_is_what_was_put_in(database: SqlDatabase) -> None:
    put = pending("größe", key="\x00\xff")
    with database.unit_of_work() as work:
        work.add(put)
    (row,) = outbox(database)
    assert (row.topic, row.key, row.value, row.headers) == (put.topic, put.key, put.value, put.headers)
