"""A process's own word with its broker: dead-letter topics first, then a question now and then."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from protomesh.broker import Admin, Broker, TopicSpec
from protomesh.clock import Clock
from protomesh.errors import MeshError
from protomesh.functions.spec import FunctionSpec

_AGAIN: Final = 1.0
_ASK_EVERY: Final = 1.0
_ENDING: Final = 1.0
_DEAD_LETTER_CONFIG: Final = {"retention.ms": "-1", "max.message.bytes": str(16 * 1024 * 1024)}
"""Dead letters wait for a person, however long, and are larger than their events by our headers."""


class Lifeline:
    """Calls `begin` once the dead-letter topics exist; then asks the broker every second whether it is there.

    A consumer waits in silence for a broker that went away, so it cannot be the one to tell. `trouble` says
    what is wrong, nothing when all is well.
    """

    def __init__(
        self,
        functions: Sequence[FunctionSpec],
        broker: Broker,
        begin: Callable[[], None],
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._functions = functions
        self._broker = broker
        self._begin = begin
        self._clock = clock
        self._log = log
        self._beginning = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="functions-lifeline", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Afterwards `begin` is not called any more. A question under way is not waited for."""
        self._stopping.set()
        with self._beginning:
            pass

    def close(self) -> None:
        """Wait a moment for the thread."""
        if self._thread.ident is not None:
            self._thread.join(_ENDING)

    def _run(self) -> None:
        while not self._tried(lambda: create_dead_letter_topics(self._functions, self._broker)):
            if self._clock.sleep(_AGAIN, self._stopping):
                return
        with self._beginning:
            if self._stopping.is_set():
                return
            self._begin()
        admin = self._broker.admin()
        try:
            self._ask(admin)
        finally:
            admin.close()

    def _ask(self, admin: Admin) -> None:
        while not self._clock.sleep(_ASK_EVERY, self._stopping):
            self._tried(admin.ping)

    def _tried(self, call: Callable[[], None]) -> bool:
        """Whether the broker did it. Whatever else goes wrong must not end the thread."""
        try:
            call()
        except MeshError as error:
            self.trouble = f"the broker does not answer: {error.message}"
        except Exception as error:  # noqa: BLE001 - logged in full; the broker must be asked on
            self._log.exception("asking the broker failed")
            self.trouble = f"asking the broker failed: {type(error).__name__}"
        else:
            self.trouble = ""
        return not self.trouble


def create_dead_letter_topics(functions: Sequence[FunctionSpec], broker: Broker) -> None:
    """Those that do not exist. Raises Unavailable."""
    admin = broker.admin()
    try:
        admin.create([TopicSpec(spec.dead_letter_topic, 1, _DEAD_LETTER_CONFIG) for spec in functions])
    finally:
        admin.close()
