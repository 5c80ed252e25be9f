"""A database that events are relayed from."""

import contextlib
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import inspect

from protomesh.store import Bell, OutboxRow, SqlDatabase, Wakener, depth, lowest, remove
from protomesh.store.tables import outbox


class Source:
    """An outbox with its bell and its lock: one relay at a time may read it."""

    def __init__(self, name: str, database: SqlDatabase, bell: Path, lock: Path) -> None:
        self.name = name
        self._database = database
        self._bell = bell
        self._lock = lock
        self._held: int | None = None
        self._exists = False
        self._published: set[int] = set()
        self._oldest = 0.0
        self._wakener: Wakener | None = None

    def acquire(self) -> bool:
        """Become the only relay of this database; False while another one is. Lasts until `close`."""
        if self._held is None:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._held = descriptor
            self._wakener = Wakener(self._bell)
        return True

    def exists(self) -> bool:
        """Whether the service has made its tables yet."""
        self._exists = self._exists or inspect(self._database.engine).has_table(outbox.name)
        return self._exists

    def lowest(self, limit: int) -> Sequence[OutboxRow]:
        """The oldest rows that are not known to be published, in order of their ids."""
        with self._database.unit_of_work(read_only=True) as work:
            rows = lowest(work.tx, limit + len(self._published))
        return [row for row in rows if row.id not in self._published][:limit]

    @property
    def unsettled(self) -> int:
        """How many rows stand in Kafka and are still to be deleted."""
        return len(self._published)

    def age(self, now: float) -> float:
        """How long the oldest of these has been waiting, in seconds; `now` on the monotonic clock."""
        return now - self._oldest if self._published else 0.0

    def published(self, ids: Sequence[int], now: float) -> None:
        """Note rows that stand in Kafka. `settle` deletes them; after a crash they are published again."""
        if not self._published:
            self._oldest = now
        self._published.update(ids)

    def settle(self) -> None:
        """Delete the rows that stand in Kafka, in one transaction.

        Not after every batch: each deletion takes the database's write lock, for which the service waits too.
        """
        if self._published:
            with self._database.unit_of_work(read_only=False) as work:
                remove(work.tx, list(self._published))
            self._published.clear()

    def depth(self) -> tuple[int, float | None]:
        """How many rows wait, and when the oldest was written."""
        with self._database.unit_of_work(read_only=True) as work:
            return depth(work.tx)

    def wait(self, timeout: float) -> bool:
        """Until the bell rings, at most `timeout` seconds; whether it rang."""
        return self._wakener is not None and self._wakener.wait(timeout)

    def wake(self) -> None:
        """End a `wait` that is going on."""
        with contextlib.closing(Bell(self._bell)) as bell:
            bell.ring()

    def close(self) -> None:
        """Leave the database to another relay."""
        if self._wakener is not None:
            self._wakener.close()
        if self._held is not None:
            os.close(self._held)
        self._database.close()
