"""Failed attempts in the database, so that all replicas count alike."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, text, update

from protomesh.clock import Clock
from protomesh.context import Database
from protomesh.errors import ResourceExhausted
from protomesh.identity import (
    Attempts,
    Limit,
    failed,
    keys_of,
    known_of,
    longest,
    remembered,
)
from services.identity.store import attempts
from services.identity.upkeep import Upkeep


class Throttle:
    """Counts an attempt as failed before it is made: many at once are no way around."""

    def __init__(self, database: Database, clock: Clock, upkeep: Upkeep) -> None:
        self._database = database
        self._clock = clock
        self._upkeep = upkeep

    def enter(self, account: str, address: str) -> None:
        """Count an attempt. Raises ResourceExhausted with the time to wait."""
        self._upkeep.now_and_then()
        now = self._clock.now()
        with self._database.unit_of_work() as work:
            counted = [(limit, _locked(work.tx, key)) for limit, key in _ordered(account, address)]
            pause = longest(counted, _read(work.tx, known_of(account, address)), now)
            if not pause:
                for _, each in counted:
                    _write(work.tx, failed(each, now))
        if pause:
            raise ResourceExhausted("too many attempts failed; wait and try again", retry_after=pause)

    def succeeded(self, account: str, address: str) -> None:
        """The attempt was right: the account starts anew; of the address only this attempt is forgotten."""
        with self._database.unit_of_work() as work:
            for limit, key in _ordered(account, address):
                found = _locked(work.tx, key)
                if limit.kind != "address":
                    work.tx.execute(delete(attempts).where(attempts.c.key == key))
                elif found.count > 0:
                    _write(work.tx, replace(found, count=found.count - 1))
            _write(work.tx, remembered(known_of(account, address), self._clock.now()))


def _ordered(account: str, address: str) -> Sequence[tuple[Limit, str]]:
    """In one order everywhere, so that two calls never wait for each other."""
    return sorted(keys_of(account, address), key=lambda pair: pair[1])


def _locked(tx: Connection, key: str) -> Attempts:
    """On SQLite a transaction that may write is alone anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    return _read(tx, key) or Attempts(key)


def _read(tx: Connection, key: str) -> Attempts | None:
    row = tx.execute(select(attempts).where(attempts.c.key == key)).one_or_none()
    return Attempts(*row) if row is not None else None


def _write(tx: Connection, new: Attempts) -> None:
    values = {"key": new.key, "count": new.count, "last": new.last}
    if not tx.execute(update(attempts).where(attempts.c.key == new.key).values(values)).rowcount:
        tx.execute(insert(attempts).values(values))
