"""Passwords of users, put and taken away by the users service."""

from sqlalchemy import Connection

from protomesh.context import Context
from protomesh.errors import AlreadyExists
from protomesh.identity import Passwords
from services.identity import store
from services.identity.domain import Credential, Put, judge


class Credentials:
    """Belongs to all threads."""

    def __init__(self, context: Context, passwords: Passwords) -> None:
        self._database = context.database
        self._clock = context.clock
        self._passwords = passwords
        self._names = context.names

    def put(self, user_id: str, password: str) -> None:
        """See `domain.judge`. Raises AlreadyExists; Aborted for a race with another call.

        Nobody gets an id of which the policy speaks: whoever registers it first would have what it gives.
        """
        with self._database.unit_of_work(read_only=True) as work:
            seen = store.credential(work.tx, user_id)
        same = bool(seen and seen.hash) and self._passwords.verify(seen.hash if seen else None, password)
        hashed = seen.hash if same and seen else self._passwords.hash(password)
        now = self._clock.now()
        with self._database.unit_of_work() as work:
            found = store.credential(work.tx, user_id, to_write=True)
            same = same and found is not None and found.hash == hashed
            outcome = judge(found, now, same=same)
            if outcome is Put.REFUSE:
                raise AlreadyExists(f"user {user_id} exists already, or did once")
            if outcome is not Put.SAME and self._names(user_id):
                raise AlreadyExists(f"the id {user_id} is reserved: choose another one")
            if outcome is Put.REPLACE:
                store.revoke_user(work.tx, user_id)
            store.put(work.tx, found, Credential(user_id, hashed, now))

    def delete(self, tx: Connection, user_id: str) -> None:
        """The id is nobody's from now on."""
        found = store.credential(tx, user_id, to_write=True)
        store.revoke_user(tx, user_id)
        store.put(tx, found, Credential(user_id, "", self._clock.now()))
