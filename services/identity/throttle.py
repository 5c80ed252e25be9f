"""Failed attempts in the database, so that all replicas count alike."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from protomesh.clock import Clock
from protomesh.context import Database
from protomesh.errors import ResourceExhausted
from protomesh.identity import FORGET, Attempts, Limit, failed, keys_of, wait
from services.identity.store import attempts

Counted = tuple[Limit, Attempts]


class Throttle:
    """Counts an attempt as failed before it is made: many at once are no way around."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def enter(self, account: str, address: str) -> None:
        """Count an attempt. Raises ResourceExhausted with the time to wait."""
        now = self._clock.now()
        with self._database.unit_of_work() as work:
            _forget(work.tx, now)
            counted = [(limit, _read(work.tx, key)) for limit, key in _ordered(account, address)]
            longest = max(wait(limit, each, now) for limit, each in counted)
            if not longest:
                for _, each in counted:
                    _write(work.tx, failed(each, now))
        if longest:
            raise ResourceExhausted("too many attempts failed; wait and try again", retry_after=longest)

    def succeeded(self, account: str, address: str) -> None:
        """The attempt was right: the account starts anew; of the address only this attempt is forgotten."""
        with self._database.unit_of_work() as work:
            for limit, key in _ordered(account, address):
                mine = attempts.c.key == key
                if limit.kind == "address":
                    work.tx.execute(
                        update(attempts).where(mine, attempts.c.count > 0).values(count=attempts.c.count - 1)
                    )
                else:
                    work.tx.execute(delete(attempts).where(mine))


def _ordered(account: str, address: str) -> Sequence[tuple[Limit, str]]:
    """In one order everywhere, so that two calls never wait for each other."""
    return sorted(keys_of(account, address), key=lambda pair: pair[1])


def _read(tx: Connection, key: str) -> Attempts:
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    row = tx.execute(select(attempts).where(attempts.c.key == key)).one_or_none()
    return Attempts(*row) if row is not None else Attempts(key)


def _write(tx: Connection, new: Attempts) -> None:
    values = {"key": new.key, "count": new.count, "last": new.last}
    if not tx.execute(update(attempts).where(attempts.c.key == new.key).values(values)).rowcount:
        tx.execute(insert(attempts).values(values))


def _forget(tx: Connection, now: float) -> None:
    """What is kept is bounded by what can be tried within an hour."""
    tx.execute(delete(attempts).where(attempts.c.last <= now - FORGET))
