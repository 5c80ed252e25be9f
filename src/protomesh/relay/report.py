"""What the log says of an outbox: what lasts is said once, and so is its end."""

import logging

from protomesh.errors import Aborted, MeshError, Unavailable
from protomesh.relay.publish import Outcome
from protomesh.store import OutboxRow


class Report:
    """Of one outbox, by the name of its database."""

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._said = ""

    def outcome(self, outcome: Outcome) -> None:
        """What became of a batch. A row that is merely behind one that failed is not worth a line."""
        failed = [(row, error) for row, error in outcome.failures if not isinstance(error, Aborted)]
        if failed:
            self._failed(*failed[0])
        elif outcome.failures:
            self._say("behind", logging.INFO, f"events wait behind one that failed: {outcome.failures[0][1]}")
        elif outcome.acknowledged and self._said:
            self._say("", logging.INFO, "events are published again")

    def away(self, error: MeshError) -> None:
        """Kafka cannot be reached."""
        self._say("away", logging.WARNING, f"Kafka is away, events wait: {error}")

    def _failed(self, row: OutboxRow, error: Exception) -> None:
        if isinstance(error, Unavailable):
            self.away(error)
            return
        text = f"event {row.id} for topic {row.topic} was refused and is kept: {error}"
        self._say(f"refused {row.id}", logging.ERROR, text)

    def _say(self, state: str, level: int, text: str) -> None:
        if state != self._said:
            self._said = state
            self._log.log(level, "%s: %s", self._name, text)
