"""Events, rows and a table of the tests' own."""

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from protomesh.store import OutboxRow, PendingEvent, SqlDatabase, lowest

notes = Table("notes", MetaData(), Column("id", Integer, primary_key=True), Column("text", String(100)))


def pending(name: str, key: str = "k", topic: str = "t") -> PendingEvent:
    headers = (("ce_id", name.encode()), ("latin", bytes(range(256))))
    return PendingEvent(name, topic, key.encode(), name.encode(), headers)


def make_notes(database: SqlDatabase) -> None:
    notes.create(database.engine)


def write(database: SqlDatabase, *texts: str) -> None:
    with database.unit_of_work() as work:
        work.tx.execute(insert(notes), [{"text": each} for each in texts])


def texts(database: SqlDatabase) -> list[str]:
    with database.unit_of_work(read_only=True) as work:
        return list(work.tx.scalars(select(notes.c.text).order_by(notes.c.id)))


def outbox(database: SqlDatabase, limit: int = 100_000) -> list[OutboxRow]:
    with database.unit_of_work(read_only=True) as work:
        return lowest(work.tx, limit)


def names(database: SqlDatabase) -> list[str]:
    """The events in the outbox, lowest first."""
    return [row.value.decode() for row in outbox(database)]
