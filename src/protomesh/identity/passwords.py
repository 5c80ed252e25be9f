"""Passwords: argon2id (RFC 9106), one answer and one cost for an unknown user and for a wrong password."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protomesh.errors import ResourceExhausted

AT_ONCE = 4
"""Hashes worked out at one time in a process; each takes 64 MiB."""
IN_LINE = 12
"""Calls that wait for a place; with those at work they leave threads of a server free for all else."""
LONGEST_WAIT = 5.0
"""Seconds."""


class Passwords:
    """Hashes and verifies. By default RFC 9106's second choice: 64 MiB, three passes, four lanes."""

    def __init__(
        self,
        hasher: PasswordHasher | None = None,
        *,
        at_once: int = AT_ONCE,
        in_line: int = IN_LINE,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = threading.BoundedSemaphore(at_once)
        self._line = threading.BoundedSemaphore(at_once + in_line)
        self._longest_wait = longest_wait
        self._decoy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The password's hash, in PHC's string format. Raises ResourceExhausted."""
        with self._place():
            return self._hasher.hash(_prepared(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one behind the hash; None, no hash, costs the same and never holds.

        Raises ResourceExhausted.
        """
        with self._place():
            try:
                return self._hasher.verify(stored or self._decoy, _prepared(password)) and bool(stored)
            except (VerificationError, InvalidHashError):
                return False

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._line.acquire(blocking=False):
            raise _too_many()
        try:
            if not self._places.acquire(timeout=self._longest_wait):
                raise _too_many()
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._line.release()


def _too_many() -> ResourceExhausted:
    return ResourceExhausted("too many log in at once; try again", retry_after=LONGEST_WAIT)


def _prepared(password: str) -> str:
    """RFC 8265, 4.2: composed, so that it does not matter which keyboard it was typed on."""
    return unicodedata.normalize("NFC", password)
