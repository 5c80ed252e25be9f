"""Clients that keep the bookkeeping out of the tests."""

import threading
import time
import uuid
from collections.abc import Sequence

from protomesh.broker import Broker, Consumer, Message, Partition, Producer, Record, TopicSpec
from tests.conformance.broker.backend import PATIENCE


def new_topic(broker: Broker, partitions: int = 1, **config: str) -> str:
    name = f"t-{uuid.uuid4().hex[:12]}"
    admin = broker.admin()
    admin.create(
        [TopicSpec(name, partitions, {key.replace("_", "."): value for key, value in config.items()})]
    )
    admin.close()
    return name


def new_group() -> str:
    return f"g-{uuid.uuid4().hex[:12]}"


class Outcomes:
    """Collects what became of the records sent, by the number given to `of`."""

    def __init__(self) -> None:
        self.by_number: dict[int, Exception | None] = {}
        self._lock = threading.Lock()

    def of(self, number: int) -> "_Outcome":
        return _Outcome(self, number)

    def put(self, number: int, error: Exception | None) -> None:
        with self._lock:
            assert number not in self.by_number, f"record {number} was answered twice"
            self.by_number[number] = error

    @property
    def acknowledged(self) -> set[int]:
        with self._lock:
            return {number for number, error in self.by_number.items() if error is None}


class _Outcome:
    def __init__(self, outcomes: Outcomes, number: int) -> None:
        self._outcomes = outcomes
        self._number = number

    def __call__(self, error: Exception | None) -> None:
        self._outcomes.put(self._number, error)


def send_all(producer: Producer, messages: Sequence[Message]) -> None:
    """And see that every one arrived."""
    outcomes = Outcomes()
    for number, message in enumerate(messages):
        producer.send(message, outcomes.of(number))
    producer.flush(PATIENCE)
    failed = {number: error for number, error in outcomes.by_number.items() if error is not None}
    assert not failed, f"not written: {failed}"
    assert len(outcomes.by_number) == len(messages)


class Member:
    """A consumer with what it was told, and what it read. One thread may drive several."""

    def __init__(self, broker: Broker, group: str, topics: Sequence[str]) -> None:
        self.told: list[tuple[str, frozenset[Partition]]] = []
        self.threads: set[str] = set()
        self.records: list[Record] = []
        self.consumer: Consumer = broker.consumer(group, topics, self._on_assign, self._on_revoke)

    def _on_assign(self, partitions: frozenset[Partition]) -> None:
        self.threads.add(threading.current_thread().name)
        self.told.append(("assign", partitions))

    def _on_revoke(self, partitions: frozenset[Partition]) -> None:
        self.threads.add(threading.current_thread().name)
        self.told.append(("revoke", partitions))

    def poll(self, timeout: float = 0.05) -> None:
        self.records += self.consumer.poll(timeout)

    @property
    def held(self) -> frozenset[Partition]:
        return self.consumer.assignment()


def settle(members: Sequence[Member], partitions: int) -> None:
    """Poll all in turn until they share the partitions, each with its part, and all have been told so."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for member in members:
            member.poll()
        parts = [member.held for member in members]
        shared = len(frozenset().union(*parts)) == sum(map(len, parts)) == partitions
        told = all(member.told and member.told[-1] == ("assign", member.held) for member in members)
        if shared and all(parts) and told:
            return
        assert time.monotonic() < deadline, f"the group did not settle: {parts}, {[m.told for m in members]}"


def read(consumer: Consumer, count: int) -> list[Record]:
    """Exactly `count` records, and no more within one further poll."""
    found: list[Record] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} records"
        found += consumer.poll(0.2)
    found += consumer.poll(0.2)
    assert len(found) == count, f"{len(found)} records instead of {count}"
    return found
