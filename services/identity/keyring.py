"""The signing keys of all replicas, read from the database and made anew when their time comes."""

import threading

from sqlalchemy import Connection

from protomesh.clock import Clock
from protomesh.context import Database
from protomesh.errors import Unavailable
from protomesh.identity import Rotation, SigningKey, next_from, retired, signing
from protomesh.tokens import Signer, jwks_of, new_key
from services.identity import store

FRESH = 10.0
"""Seconds for which what was read counts: much less than a key is published before it signs."""


class Keyring:
    """Belongs to all threads."""

    def __init__(self, database: Database, clock: Clock, issuer: str, rotation: Rotation) -> None:
        self._database = database
        self._clock = clock
        self._issuer = issuer
        self._rotation = rotation
        self._lock = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._signers: dict[str, Signer] = {}
        self._until = 0.0

    def signer(self) -> Signer:
        """Signs with the key whose time it is. Raises Unavailable."""
        key = signing(self._current(), self._clock.now())
        if key is None:
            raise Unavailable("there is no signing key yet; try again")
        if key.kid not in self._signers:
            self._signers[key.kid] = Signer(key.pem, key.kid, self._issuer, self._clock)
        return self._signers[key.kid]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves of all keys that sign, have signed or will sign."""
        return jwks_of(key.pem for key in sorted(self._current(), key=lambda each: each.signs_from))

    def _current(self) -> tuple[SigningKey, ...]:
        with self._lock:
            if self._clock.monotonic() >= self._until or not self._keys:
                self._keys = self._read()
                self._until = self._clock.monotonic() + FRESH
                self._signers = {kid: made for kid, made in self._signers.items() if self._knows(kid)}
            return self._keys

    def _knows(self, kid: str) -> bool:
        return any(key.kid == kid for key in self._keys)

    def _read(self) -> tuple[SigningKey, ...]:
        with self._database.unit_of_work(read_only=True) as work:
            keys = tuple(store.keys(work.tx))
        if not self._changes(keys):
            return keys
        with self._database.unit_of_work() as work:
            store.lock_keys(work.tx)
            self._rotate(work.tx)
            return tuple(store.keys(work.tx))

    def _changes(self, keys: tuple[SigningKey, ...]) -> bool:
        now = self._clock.now()
        return next_from(keys, now, self._rotation) is not None or bool(retired(keys, now, self._rotation))

    def _rotate(self, tx: Connection) -> None:
        keys, now = store.keys(tx), self._clock.now()
        for old in retired(keys, now, self._rotation):
            store.remove_key(tx, old.kid)
        begins = next_from(keys, now, self._rotation)
        if begins is not None:
            pem = new_key()
            store.add_key(tx, SigningKey(jwks_of([pem])["keys"][0]["kid"], pem, begins))
