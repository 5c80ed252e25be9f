"""What has ended is forgotten: when it is asked for, and now and then by itself."""

from sqlalchemy import Connection

from protomesh.clock import Clock
from protomesh.context import Database
from protomesh.identity import FORGET, REMEMBER
from services.identity import store

EVERY = 60.0
"""Seconds."""


class Upkeep:
    """Belongs to all threads. Works in a transaction of its own, since it meets rows in its own order."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._due = 0.0

    def now_and_then(self) -> None:
        """Nothing, as long as the last time is not long ago."""
        if self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + EVERY
        with self._database.unit_of_work() as work:
            self.forget(work.tx)

    def forget(self, tx: Connection) -> None:
        """Refresh tokens that have ended, old attempts.

        What is kept is bounded by the logins of a month and by what can be tried within an hour.
        """
        now = self._clock.now()
        store.purge(tx, expired=now)
        store.purge_attempts(tx, failed=now - FORGET, any_=now - REMEMBER)
