"""From a record to an answer: decode, call, decide, and put aside what cannot be done."""

import logging
import random
from dataclasses import dataclass
from pathlib import Path

from protomesh.broker import Record
from protomesh.clock import Clock
from protomesh.context import CURRENT, Clients
from protomesh.contract import Contract
from protomesh.envelope import CloudEvent, decode, from_kafka
from protomesh.errors import InvalidArgument, MeshError
from protomesh.functions.context import FunctionContext
from protomesh.functions.counts import Counts
from protomesh.functions.dead_letters import Burial, DeadLetters
from protomesh.functions.event import Event
from protomesh.functions.invocation import Invocation
from protomesh.functions.outcomes import Bury, Decision, Done, Repeat, decide
from protomesh.functions.redact import redacted
from protomesh.functions.spec import FunctionSpec
from protomesh.lanes import Again, Delivery, Finished, Retries, Verdict

_WRITING = Retries(first="500ms", most="30s")
"""How soon a dead letter that could not be written is tried again; it never gives up."""


@dataclass(frozen=True, slots=True)
class Invoker:
    """The handler that the lanes call. Thread safe."""

    spec: FunctionSpec
    contract: Contract
    clients: Clients
    clock: Clock
    folder: Path
    log: logging.Logger
    dead_letters: DeadLetters
    counts: Counts

    def __call__(self, delivery: Delivery) -> Verdict:
        """One try at one record."""
        pending = self.dead_letters.pending(delivery.record)
        if pending is not None:
            return self._bury(pending)
        return self._settle(delivery, self._try(delivery))

    def _try(self, delivery: Delivery) -> Decision:
        """What becomes of the record; the function never sees one of another type or without sense."""
        if delivery.damaged is not None:
            return Bury(f"the record cannot be read: {delivery.damaged.message}")
        try:
            cloud_event = _event_of(delivery.record)
            if not self.spec.wants(cloud_event.type):
                return Done()
            event = self._typed(cloud_event, delivery.attempt)
        except InvalidArgument as error:
            return Bury(error.message)
        return self._call(event, cloud_event)

    def _typed(self, event: CloudEvent, attempt: int) -> Event[object]:
        message = decode(event, self.contract, otherwise=self.spec.message)
        carried = message.DESCRIPTOR.full_name
        if carried != self.spec.message:
            raise InvalidArgument(f"event {event.id}: carries {carried}, not {self.spec.message}")
        return Event(
            id=event.id,
            type=event.type,
            source=event.source,
            subject=event.subject,
            key=event.key,
            time=event.time,
            data=message,
            attempt=attempt,
            causation_id=event.causation_id,
            correlation_id=event.correlation_id,
            traceparent=event.traceparent,
        )

    def _call(self, event: Event[object], cloud_event: CloudEvent) -> Decision:
        started = self.clock.monotonic()
        deadline = started + self.spec.timeout
        context = FunctionContext(
            name=self.spec.name,
            clients=self.clients,
            clock=self.clock,
            log=self.log,
            folder=self.folder,
            deadline=deadline,
        )
        token = CURRENT.set(Invocation.of(cloud_event, deadline))
        raised: BaseException | None = None
        try:
            _refuse_result(self.spec.handler(event, context))
        except BaseException as error:  # noqa: BLE001 - whatever a function raises, sys.exit included, is an outcome
            raised = error
        finally:
            CURRENT.reset(token)
            self.counts.ran(self.clock.monotonic() - started)
        decision = decide(self.spec.retries, event.attempt, raised, random.random())  # noqa: S311 - jitter
        self._tell(event, decision, raised)
        return decision

    def _tell(self, event: Event[object], decision: Decision, raised: BaseException | None) -> None:
        if isinstance(decision, Repeat):
            note = f"attempt {event.attempt} failed, again in {decision.after:.1f} s: {decision.reason}"
            self.log.warning("event %s: %s", event.id, redacted(note), exc_info=self._trace(raised))
        elif isinstance(decision, Done) and decision.dropped is not None:
            self.log.info("event %s dropped: %s", event.id, redacted(decision.dropped))

    def _trace(self, raised: BaseException | None) -> BaseException | None:
        """A traceback only for whoever debugs: its text may hold what a log must not."""
        return raised if self.log.isEnabledFor(logging.DEBUG) else None

    def _settle(self, delivery: Delivery, decision: Decision) -> Verdict:
        if isinstance(decision, Bury):
            burial = Burial(delivery.record, delivery.attempt, decision.reason, self.clock.now())
            return self._bury(burial)
        if isinstance(decision, Repeat):
            self.counts.repeated()
            return Again(decision.after)
        self.counts.done()
        return Finished()

    def _bury(self, burial: Burial) -> Verdict:
        record = burial.record
        place = f"{record.topic}/{record.partition} offset {record.offset}"
        try:
            self.dead_letters.write(burial)
        except MeshError as error:
            self.log.error("%s: dead letter not written, its key waits: %s", place, error)  # noqa: TRY400 - expected
            tries = self.dead_letters.tries(record)
            return Again(_WRITING.delay(max(1, tries), random.random()))  # noqa: S311 - jitter
        self.log.error(
            "%s: dead letter after %d attempts: %s", place, burial.attempts, redacted(burial.reason)
        )
        return Finished()


def _event_of(record: Record) -> CloudEvent:
    return from_kafka(record.key, record.value, record.headers)


def _refuse_result(result: object) -> None:
    """Returned events are to come; until then silence would lose them."""
    if result is not None:
        raise TypeError(f"a function returns None so far, not {type(result).__name__}")
