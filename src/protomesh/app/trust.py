"""Whom a process believes: the issuers of its policy with the keys they have at this moment."""

import threading

from protomesh.app.origins import Fetcher, Origins, OriginsOf
from protomesh.app.process import Process
from protomesh.observe import KeyMetrics
from protomesh.policy import SecurityPolicy
from protomesh.tokens import RemoteKeys, Verifier

LOOK_SECONDS = 0.5
"""Between two looks at the files of keys."""

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.5, 30.0
"""After a failed look at an issuer elsewhere: the first wait, doubled each time up to the longest."""


class Trust:
    """`verifier` stays the same object whatever becomes of policy and keys.

    Nothing here waits for an issuer: those elsewhere are asked from threads that end with the process.
    """

    def __init__(self, process: Process, fetcher: Fetcher, metrics: KeyMetrics) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._origins = Origins()
        self._origins_of = OriginsOf(process, fetcher, metrics, self._publish)
        self._asked: set[RemoteKeys] = set()
        self._watching = False
        self.verifier = Verifier((), process.clock)

    def adopt(self, policy: SecurityPolicy) -> None:
        """Believe whom the policy names, from now on. Raises ConfigError, and then nothing has changed."""
        origins = self._origins_of(policy)
        Verifier(origins.issuers(self._process.public), self._process.clock)  # refuses two of one name
        with self._lock:
            self._origins = origins
        self._publish()
        self._begin()

    def _publish(self) -> None:
        """Give the verifier the keys of this moment; what it verified with others is forgotten."""
        with self._lock:
            self.verifier.replace(self._origins.issuers(self._process.public))

    def _begin(self) -> None:
        """One thread looks at files, and one asks each issuer elsewhere."""
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="key-files", daemon=True).start()
        for remote in self._origins.remote():
            with self._lock:
                new = remote not in self._asked
                self._asked.add(remote)
            if new:
                threading.Thread(target=self._ask, args=(remote,), name="keys", daemon=True).start()

    def _watch(self) -> None:
        clock, stopping = self._process.clock, self._process.stopping
        while not clock.sleep(LOOK_SECONDS, stopping):
            try:
                if self._origins.look():
                    self._publish()
            except Exception:
                self._process.log.exception("changed keys were not taken")  # the next change is to be seen

    def _ask(self, remote: RemoteKeys) -> None:
        """Refresh the keys until the process stops, or a newer policy has no use for them."""
        clock, stopping = self._process.clock, self._process.stopping
        retry, stopped = RETRY_SECONDS, stopping.is_set()
        while not stopped and self._wanted(remote):
            if remote.refresh():
                retry, wait = RETRY_SECONDS, self._process.settings.keys_refresh_seconds
            else:
                retry, wait = min(2 * retry, LONGEST_RETRY_SECONDS), retry
            stopped = clock.sleep(wait, stopping)

    def _wanted(self, remote: RemoteKeys) -> bool:
        """Whether to go on; the thread of one who is not ends, and a later policy begins another."""
        with self._lock:
            wanted = remote in self._origins.remote()
            if not wanted:
                self._asked.discard(remote)
        return wanted
