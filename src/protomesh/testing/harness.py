"""Functions with production semantics, in memory: lanes, retries, order and dead letters, and no waiting."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from google.protobuf.message import Message

from protomesh.broker import Message as Outgoing
from protomesh.broker import OnPartitions, Record, TopicSpec
from protomesh.context import Clients
from protomesh.contract import Contract
from protomesh.envelope import PROTOBUF, CloudEvent, from_json, new_event_id, to_kafka
from protomesh.functions import FunctionSpec, Surroundings, check_messages, create_dead_letter_topics, spec_of
from protomesh.lanes import SteppedLanes
from protomesh.testing.fake_clock import FakeClock
from protomesh.testing.memory_broker import MemoryBroker
from protomesh.testing.memory_consumer import MemoryConsumer

_ROUNDS = 100_000


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """A record of a dead-letter topic. `why` holds its `x-dlq-*` headers, without the prefix."""

    function: str
    record: Record
    why: dict[str, str]


class FunctionHarness:
    """Runs functions over an in-memory broker, in the caller's thread, on a clock of its own.

    `functions` are handlers marked with `@function`, `clients` gives each its clients by its name.
    """

    def __init__(
        self,
        functions: Sequence[Callable[..., object]],
        contract: Contract,
        clients: Callable[[str], Clients] | Clients,
        state_dir: Path,
        *,
        partitions: int = 4,
    ) -> None:
        self.clock = FakeClock()
        self.broker = MemoryBroker(self.clock)
        self._specs = [spec_of(handler) for handler in functions]
        check_messages(self._specs, contract)
        self.broker.admin().create([TopicSpec(spec.topic, partitions) for spec in self._specs])
        create_dead_letter_topics(self._specs, self.broker)
        self._around = Surroundings(
            contract=contract,
            broker=self.broker,
            clock=self.clock,
            state_dir=state_dir,
            log=logging.getLogger("protomesh.functions"),
            acknowledgement=0.0,
        )
        self._clients = clients
        self._consumers: dict[str, list[MemoryConsumer]] = {}
        self._lanes = {spec.name: self._start(spec) for spec in self._specs}

    def emit(
        self,
        topic: str,
        message: Message,
        *,
        type: str,  # noqa: A002 - CloudEvents' own name
        key: str,
        source: str = "//test",
    ) -> CloudEvent:
        """Put an event on a topic, as a service would. Returns it."""
        event = CloudEvent(
            id=new_event_id(),
            source=source,
            type=type,
            subject="",
            time=datetime.fromtimestamp(self.clock.now(), UTC),
            data=message.SerializeToString(),
            content_type=PROTOBUF,
            dataschema=message.DESCRIPTOR.full_name,
            key=key,
        )
        self.emit_event(topic, event)
        return event

    def emit_event(self, topic: str, event: CloudEvent) -> None:
        """Put an event on a topic."""
        key, value, headers = to_kafka(event)
        self.emit_record(Outgoing(topic, key, value, headers))

    def emit_file(self, topic: str, file: Path) -> CloudEvent:
        """Put the event of a JSON file, such as a function's event.json, on a topic. Returns it."""
        event = from_json(file.read_bytes())
        self.emit_event(topic, event)
        return event

    def emit_record(self, record: Outgoing) -> None:
        """Put anything on a topic."""
        self.broker.send(record, lambda _error: None)

    def run_until_idle(self, longest: float = 86_400.0) -> None:
        """Work, and let waits pass, until nothing is left; at most `longest` seconds of the clock.

        Raises AssertionError when events are left by then.
        """
        end = self.clock.monotonic() + longest
        for _ in range(_ROUNDS):
            if self.run_what_is_due():
                continue
            dues = [due for lanes in self._lanes.values() if (due := lanes.next_due()) is not None]
            if not dues:
                self._commit()
                return
            if min(dues) > end:
                break
            self.clock.advance(max(0.0, min(dues) - self.clock.monotonic()))
        raise AssertionError(f"still not idle after {longest} s of the clock")

    def run_what_is_due(self) -> bool:
        """Work without letting time pass; whether there was anything to do."""
        worked = False
        for lanes in self._lanes.values():
            # The first polls only join the group.
            for _ in range(3):
                worked |= lanes.poll()
            while lanes.work():
                worked = True
        return worked

    def restart(self, function: str) -> None:
        """As after a crash: what the process knew is gone, what it had committed is not."""
        spec = next(spec for spec in self._specs if spec.name == function)
        for consumer in self._consumers.pop(function, []):
            consumer.vanish()
        self._lanes[function] = self._start(spec)

    @property
    def dead_letters(self) -> list[DeadLettered]:
        """All that were written, in order."""
        return [
            DeadLettered(spec.name, record, _why(record))
            for spec in self._specs
            for record in self.broker.records(spec.dead_letter_topic)
        ]

    def committed(self, function: str) -> int:
        """The sum of the function's committed offsets: how many records it has left behind for good."""
        return sum(self.broker.group(f"fn.{function}").committed.values())

    def _start(self, spec: FunctionSpec) -> SteppedLanes:
        clients = self._clients(spec.name) if callable(self._clients) else self._clients

        def member(on_assign: OnPartitions, on_revoke: OnPartitions) -> MemoryConsumer:
            consumer = self.broker.consumer(spec.group, [spec.topic], on_assign, on_revoke)
            self._consumers.setdefault(spec.name, []).append(consumer)
            return consumer

        invoker = self._around.invoker(spec, clients)
        return SteppedLanes(member, invoker, self.clock, by_key=spec.by_key)

    def _commit(self) -> None:
        self.clock.advance(1.0)
        for lanes in self._lanes.values():
            lanes.poll()


def _why(record: Record) -> dict[str, str]:
    return {
        name.removeprefix("x-dlq-"): value.decode()
        for name, value in record.headers
        if name.startswith("x-dlq-")
    }
