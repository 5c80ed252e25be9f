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
        return inspect(self._database.engine).has_table(outbox.name)

    def lowest(self, limit: int) -> Sequence[OutboxRow]:
        """The oldest rows still there, in order of their ids."""
        with self._database.unit_of_work(read_only=True) as work:
            return lowest(work.tx, limit)

    def remove(self, ids: Sequence[int]) -> None:
        """Delete rows that stand in Kafka."""
        if ids:
            with self._database.unit_of_work(read_only=False) as work:
                remove(work.tx, ids)

    def depth(self) -> tuple[int, float | None]:
        """How many rows wait, and when the oldest was written."""
        with self._database.unit_of_work(read_only=True) as work:
            return depth(work.tx)

    def wait(self, timeout: float) -> None:
        """Until the bell rings, at most `timeout` seconds."""
        if self._wakener is not None:
            self._wakener.wait(timeout)

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
