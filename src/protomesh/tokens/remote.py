"""Keys of an issuer elsewhere: refreshed, sought when a token names another, kept while it is away."""

import logging
import threading
from collections.abc import Callable

from protomesh.clock import Clock
from protomesh.errors import ConfigError, MeshError, Unavailable
from protomesh.tokens.keys import Key, parse_jwks
from protomesh.tokens.stored import StoredKeys

SEEK_SECONDS = 10.0
"""Between two fetches that tokens with unknown keys cause: anybody can make such a token."""

PATIENCE_SECONDS = 2.0
"""How long a call waits for a fetch, in real time: longer ones would hold the server's threads."""

FETCHED, UNCHANGED, UNREACHABLE, INVALID = "fetched", "unchanged", "unreachable", "invalid"

Fetch = Callable[[], bytes]
"""The key set as JSON. Raises MeshError."""


class RemoteKeys:
    """Thread safe. `keys` is empty until there are any; `seek` is what a verifier calls for an unknown key.

    `changed` is called when other keys are there, `told` with the outcome of every fetch.
    """

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        stored: StoredKeys,
        clock: Clock,
        log: logging.Logger,
        *,
        changed: Callable[[], None],
        told: Callable[[str], None] = lambda _outcome: None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._issuer, self._fetch, self._stored, self._clock, self._log = issuer, fetch, stored, clock, log
        self._changed, self._told, self._patience = changed, told, patience
        self._moved = threading.Condition()
        self._running = False
        self._ended = 0
        self._reached = False
        self._failure = ""
        self._seek_again = float("-inf")
        self._content = b""
        self.keys: tuple[Key, ...] = self._kept()

    def refresh(self) -> bool:
        """Fetch now, or wait for the fetch under way; whether the issuer gave good keys."""
        with self._moved:
            if not self._running:
                self._running = True
            else:
                ended = self._ended
                self._moved.wait_for(lambda: self._ended > ended)
                return self._reached
        self._attempt()
        return self._reached

    def seek(self) -> tuple[Key, ...]:
        """The keys, after a look at the issuer where one is due; many callers share one.

        Raises Unavailable where the issuer cannot be reached, so that nobody knows whether a key is good.
        """
        with self._moved:
            ended = self._ended
            if not self._running and self._clock.monotonic() >= self._seek_again:
                self._seek_again = self._clock.monotonic() + SEEK_SECONDS
                threading.Thread(target=self._attempt, name="keys", daemon=True).start()
                self._running = True  # it waits for the lock before it ends; a start may fail
            over = not self._running or self._moved.wait_for(lambda: self._ended > ended, self._patience)
            if not over or not self._reached:
                raise Unavailable(f"the keys of issuer '{self._issuer}' cannot be had now")
            return self.keys

    def _attempt(self) -> None:
        outcome = INVALID
        try:
            outcome = self._take(self._fetch())
            self._good(outcome)
        except MeshError as error:
            outcome = UNREACHABLE
            self._failed(error.message)
        except ConfigError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a fetch raises, the next one must be tried
            outcome = UNREACHABLE
            self._failed(type(error).__name__)
        finally:
            with self._moved:
                self._reached = outcome in {FETCHED, UNCHANGED}
                self._running = False
                self._ended += 1
                self._moved.notify_all()
            self._told(outcome)

    def _take(self, content: bytes) -> str:
        """Raises ConfigError for a key set that does not count; the one before stays."""
        keys = parse_jwks(content, f"issuer '{self._issuer}'")
        if content == self._content:
            return UNCHANGED
        self.keys, self._content = keys, content
        self._changed()
        try:
            self._stored.write(content)
        except OSError as error:
            self._log.warning("keys of issuer '%s': no copy on disk: %s", self._issuer, error.strerror)
        return FETCHED

    def _kept(self) -> tuple[Key, ...]:
        """Those of an earlier process, checked as if they had just come."""
        try:
            content = self._stored.read()
            return () if content is None else parse_jwks(content, str(self._stored.path))
        except ConfigError as error:
            self._log.warning("keys of issuer '%s': the copy on disk does not count: %s", self._issuer, error)
            return ()

    def _failed(self, reason: str) -> None:
        """Said once for each reason: an issuer may be away for long."""
        if reason == self._failure:
            return
        self._failure = reason
        then = "the last good ones count" if self.keys else "its tokens are answered with 503 until then"
        self._log.warning("keys of issuer '%s' cannot be had: %s; %s", self._issuer, reason, then)

    def _good(self, outcome: str) -> None:
        if self._failure or outcome == FETCHED:
            names = ", ".join(key.kid or "one without a name" for key in self.keys)
            self._log.info("keys of issuer '%s': %s", self._issuer, names)
        self._failure = ""
