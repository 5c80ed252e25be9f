"""One process for all databases: a thread per outbox, one producer for them all."""

import logging
import threading
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from protomesh.broker import Producer
from protomesh.clock import Clock
from protomesh.errors import Unavailable
from protomesh.observe import RelayMetrics
from protomesh.relay.publish import publish
from protomesh.relay.report import Report
from protomesh.relay.source import Source

BATCH = 500
IDLE_SECONDS = 1.0
"""How long the relay trusts the bell before it looks by itself."""

SETTLE_SECONDS = 0.1
"""How long published rows may wait to be deleted: what a crash in between publishes again."""

RETRY_SECONDS = 0.5
FLUSH_SECONDS = 10.0

MEASURE_SECONDS = 1.0
"""How old a depth may become while events are being published, or wait for Kafka."""


class Relay:
    """Selects the lowest rows, publishes them, deletes what was acknowledged; keeps no cursor.

    A row is deleted only once it stands in Kafka; a crash in between publishes it again, with the same id.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        producer: Producer,
        clock: Clock,
        metrics: RelayMetrics,
        log: logging.Logger,
    ) -> None:
        self._sources = sources
        self._producer = producer
        self._clock = clock
        self._metrics = metrics
        self._log = log
        self._sending = threading.Lock()
        self._stopping = threading.Event()
        self._reports = {source: Report(source.name, log) for source in sources}
        self._measured = dict.fromkeys(sources, 0.0)
        self._threads = [
            threading.Thread(target=self._run, args=(source,), name=f"relay-{source.name}")
            for source in sources
        ]

    def start(self) -> None:
        """Begin, one thread for each source."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the batches in flight; what is not acknowledged stays in the outbox."""
        self._stopping.set()
        for source in self._sources:
            source.wake()
        for thread in self._threads:
            thread.join()
        for source in self._sources:
            self._settle_last(source)
        self._producer.close()
        for source in self._sources:
            source.close()

    def _run(self, source: Source) -> None:
        while not self._stopping.is_set():
            try:
                if not source.acquire() or not source.exists():
                    self._clock.sleep(RETRY_SECONDS, self._stopping)
                elif not self.drain(source):
                    self._rest(source)
            except Unavailable as error:
                self._reports[source].away(error)
                self._clock.sleep(RETRY_SECONDS, self._stopping)
            except OperationalError as error:
                self._log.warning("%s: database busy or away, trying again: %s", source.name, error.orig)
                self._clock.sleep(RETRY_SECONDS, self._stopping)
            except Exception:  # noqa: BLE001 - logged in full; the other outboxes must go on
                self._log.exception("%s: relay failed, trying again", source.name)
                self._clock.sleep(RETRY_SECONDS, self._stopping)

    def drain(self, source: Source) -> bool:
        """Publish one batch; whether there may be more."""
        rows = source.lowest(BATCH)
        if not rows:
            return False
        outcome = publish(
            rows, self._producer, self._sending, self._stopping, lambda: self._measure_if_due(source)
        )
        source.published(outcome.acknowledged, self._clock.monotonic())
        if source.unsettled >= BATCH or source.age(self._clock.monotonic()) > SETTLE_SECONDS:
            source.settle()
        self._reports[source].outcome(outcome)
        self._measure_if_due(source)
        if outcome.failures:
            self._reopen()
            self._clock.sleep(RETRY_SECONDS, self._stopping)
        return True

    def _rest(self, source: Source) -> None:
        """Nothing is to be published: delete what was, once no bell rings for a moment."""
        if source.unsettled:
            if source.wait(SETTLE_SECONDS):
                return
            source.settle()
        self._measure(source)
        source.wait(IDLE_SECONDS)

    def _settle_last(self, source: Source) -> None:
        try:
            source.settle()
        except SQLAlchemyError as error:
            self._log.warning(
                "%s: published events stay in the outbox, and come again: %s", source.name, error
            )

    def _reopen(self) -> None:
        """A producer takes nothing more after a failure until it was flushed.

        No other outbox may be between seeing that its own records are well and sending the next: that one
        would pass the record that this flush gave up.
        """
        with self._sending:
            self._producer.flush(FLUSH_SECONDS)

    def _measure_if_due(self, source: Source) -> None:
        if self._clock.monotonic() - self._measured[source] >= MEASURE_SECONDS:
            self._measure(source)

    def _measure(self, source: Source) -> None:
        self._measured[source] = self._clock.monotonic()
        try:
            waiting, oldest = source.depth()
        except SQLAlchemyError as error:
            self._log.warning("%s: the outbox could not be measured: %s", source.name, error)
            return
        self._metrics.depth.labels(source.name).set(waiting)
        self._metrics.age.labels(source.name).set(0.0 if oldest is None else self._clock.now() - oldest)
