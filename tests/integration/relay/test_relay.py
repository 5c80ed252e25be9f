"""From the outbox to the broker: in order, at least once, deleted only when it stands there."""

import random
from collections import defaultdict

import pytest
from sqlalchemy.exc import OperationalError

from protomesh.broker import Message
from protomesh.errors import InvalidArgument, MeshError, Unavailable
from protomesh.relay import Source
from protomesh.relay.relay import IDLE_SECONDS
from protomesh.store import migrate_library
from protomesh.testing import eventually
from tests.integration.relay.yard import SECONDS, Yard, emit, left


class Patient(Source):
    """When there is nothing left to do, looks only when the bell rings."""

    def wait(self, timeout: float) -> bool:
        return super().wait(timeout * 600 if timeout >= IDLE_SECONDS else timeout)


def test_events_are_published_in_order_and_then_deleted(yard: Yard) -> None:
    database = yard.database()
    names = [f"e{number}" for number in range(20)]
    emit(database, *names[:10])
    yard.relay()
    emit(database, *names[10:])
    yard.published(*names)
    eventually(lambda: left(database) == [], SECONDS)


def test_what_is_published_is_what_was_emitted(yard: Yard) -> None:
    emit(yard.database(), "größe")
    yard.relay()
    yard.published("größe")
    assert yard.producer.log == [Message("t", b"k", "größe".encode(), (("ce_id", "id-größe".encode()),))]


def test_nothing_is_deleted_before_the_acknowledgement(yard: Yard) -> None:
    database = yard.database()
    yard.producer.hold()
    emit(database, "a", "b")
    yard.relay()
    eventually(lambda: yard.producer.waiting == 2, SECONDS)
    assert left(database) == ["a", "b"]
    yard.producer.release()
    eventually(lambda: left(database) == [], SECONDS)
    yard.published("a", "b")


def test_a_refused_event_stays_and_none_of_its_key_passes_it(yard: Yard) -> None:
    database = yard.database()
    yard.producer.refuse = lambda message: InvalidArgument("no") if message.value == b"b" else None
    emit(database, "a", "b", "c", "d")
    yard.relay()
    eventually(lambda: yard.producer.flushes >= 2, SECONDS)
    assert yard.producer.values() == ["a"]
    assert left(database) == ["b", "c", "d"]
    told = [line for line in yard.messages.lines if "event" in line]
    assert told == ["users: event 2 for topic t was refused and is kept: no"]
    yard.producer.refuse = lambda _message: None
    yard.published("a", "b", "c", "d")
    eventually(lambda: left(database) == [], SECONDS)


def test_one_that_is_refused_for_ever_stops_no_other_database(yard: Yard) -> None:
    stuck, well = yard.database("stuck"), yard.database("well")
    yard.producer.refuse = lambda message: InvalidArgument("too large") if message.value == b"x" else None
    emit(stuck, "x", key="x")
    yard.relay(yard.source("stuck"), yard.source("well"))
    eventually(lambda: yard.producer.flushes >= 1, SECONDS)
    emit(well, "a", "b", "c")
    yard.published("a", "b", "c")
    assert left(stuck) == ["x"]


def test_a_relay_that_starts_again_publishes_the_rest_with_the_same_ids(yard: Yard) -> None:
    database = yard.database()
    yard.producer.hold()
    emit(database, "a", "b")
    relay = yard.relay()
    eventually(lambda: yard.producer.waiting == 2, SECONDS)
    yard.stop(relay)
    assert left(database) == ["a", "b"]
    again = type(yard.producer)()
    yard.relay(producer=again)
    eventually(lambda: again.values() == ["a", "b"], SECONDS)
    assert [message.headers[0] for message in again.log] == [("ce_id", b"id-a"), ("ce_id", b"id-b")]
    eventually(lambda: left(database) == [], SECONDS)


class Killed(Source):
    """Never comes to delete, as one that is killed after the acknowledgement."""

    def settle(self) -> None:
        """Too late."""


class Busy(Source):
    """Finds the database locked when it deletes for the first time."""

    tried = False

    def settle(self) -> None:
        if self.unsettled and not self.tried:
            self.tried = True
            raise OperationalError("DELETE", {}, Exception("database is locked"))
        super().settle()


def test_a_deletion_that_fails_is_made_up_for(yard: Yard) -> None:
    database = yard.database()
    emit(database, "a", "b")
    yard.relay(yard.source(kind=Busy))
    eventually(lambda: left(database) == [], SECONDS)
    yard.published("a", "b")
    assert any("database busy or away" in line for line in yard.messages.lines)


def test_stop_lets_go_although_the_last_deletion_fails(yard: Yard) -> None:
    database = yard.database()
    yard.producer.hold()
    emit(database, "a")
    relay = yard.relay(yard.source(kind=Busy))
    eventually(lambda: yard.producer.waiting == 1, SECONDS)
    yard.producer.release()
    yard.published("a")
    yard.stop(relay)
    yard.relay(producer=type(yard.producer)())
    eventually(lambda: left(database) == [], SECONDS)


def test_events_of_a_relay_that_was_killed_are_repeated_with_the_same_ids(yard: Yard) -> None:
    database = yard.database()
    emit(database, "a", "b")
    killed = yard.relay(yard.source(kind=Killed))
    yard.published("a", "b")
    yard.stop(killed)
    assert left(database) == ["a", "b"]
    yard.restart_producer()
    yard.relay()
    yard.published("a", "b", "a", "b")
    ids = [message.headers[0][1] for message in yard.producer.log]
    assert ids[:2] == ids[2:]
    eventually(lambda: left(database) == [], SECONDS)


def test_the_bell_alone_wakes_it(yard: Yard) -> None:
    database = yard.database()
    yard.relay(yard.source(kind=Patient))
    for name in ("a", "b", "c"):
        emit(database, name)
        eventually(lambda: left(database) == [], SECONDS)
    yard.published("a", "b", "c")


def test_without_a_bell_it_looks_by_itself(yard: Yard) -> None:
    database = yard.database(bell=False)
    yard.relay()
    emit(database, "a")
    yard.published("a")


def test_stop_waits_for_no_bell(yard: Yard) -> None:
    yard.database()
    relay = yard.relay(yard.source(kind=Patient))
    labels = {"database": "users"}
    eventually(lambda: yard.registry.get_sample_value("mesh_outbox_depth", labels) == 0, SECONDS)
    yard.stop(relay)


def test_one_relay_at_a_time(yard: Yard) -> None:
    database = yard.database()
    first, second = yard.source(), yard.source()
    assert first.acquire()
    assert first.acquire(), "asking again changes nothing"
    assert not second.acquire()
    relay = yard.relay(second)
    emit(database, "a")
    eventually(lambda: not second.acquire())
    assert yard.producer.values() == []
    first.close()
    yard.published("a")
    yard.stop(relay)


def test_a_second_relay_takes_over(yard: Yard) -> None:
    database = yard.database()
    first = yard.relay()
    emit(database, "a")
    yard.published("a")
    other = type(yard.producer)()
    yard.relay(producer=other)
    emit(database, "b")
    yard.published("a", "b")
    yard.stop(first)
    emit(database, "c")
    eventually(lambda: other.values() == ["c"], SECONDS)
    eventually(lambda: left(database) == [], SECONDS)


def test_a_database_that_is_not_there_yet(yard: Yard) -> None:
    yard.relay(yard.source())
    database = yard.database(tables=False)
    migrate_library(database.engine)
    emit(database, "a")
    yard.published("a")


def test_depth_and_age_are_measured(yard: Yard) -> None:
    database = yard.database()
    emit(database, "a")
    yard.relay()
    yard.published("a")
    labels = {"database": "users"}
    eventually(lambda: yard.registry.get_sample_value("mesh_outbox_depth", labels) == 0, SECONDS)
    assert yard.registry.get_sample_value("mesh_outbox_age_seconds", labels) == 0


def test_depth_and_age_are_measured_while_kafka_is_waited_for(yard: Yard) -> None:
    database = yard.database()
    yard.producer.hold()
    emit(database, "a", "b")
    yard.relay()
    labels = {"database": "users"}
    eventually(lambda: yard.registry.get_sample_value("mesh_outbox_depth", labels) == 2, SECONDS)
    eventually(lambda: (yard.registry.get_sample_value("mesh_outbox_age_seconds", labels) or 0) > 1, SECONDS)
    assert yard.producer.waiting == 2


def test_depth_and_age_are_measured_while_an_event_is_refused(yard: Yard) -> None:
    database = yard.database()
    yard.producer.refuse = lambda _message: InvalidArgument("too large")
    emit(database, "a", "b")
    yard.relay()
    labels = {"database": "users"}
    eventually(lambda: (yard.registry.get_sample_value("mesh_outbox_age_seconds", labels) or 0) > 1, SECONDS)
    assert yard.registry.get_sample_value("mesh_outbox_depth", labels) == 2


def test_a_broker_that_is_away_is_told_once(yard: Yard) -> None:
    database = yard.database()
    yard.producer.refuse = lambda _message: Unavailable("no broker")
    emit(database, "a", "b")
    yard.relay()
    eventually(lambda: yard.producer.flushes >= 3, SECONDS)
    assert yard.messages.lines == ["users: Kafka is away, events wait: no broker"]
    yard.producer.refuse = lambda _message: None
    yard.published("a", "b")
    eventually(lambda: "users: events are published again" in yard.messages.lines, SECONDS)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_event_is_lost_and_none_passes_another(yard: Yard, seed: int) -> None:
    """Two databases, a producer that fails at random: first appearances are in order within each key."""
    chance = random.Random(seed)

    def sometimes(_message: Message) -> MeshError | None:
        return Unavailable("no luck") if chance.random() < 0.02 else None

    yard.producer.refuse = sometimes
    databases = {name: yard.database(name) for name in ("a", "b")}
    yard.relay(*(yard.source(name) for name in databases))
    for number in range(60):
        for name, database in databases.items():
            emit(database, f"{name}-{number}", key=f"{name}{number % 3}")
    eventually(lambda: not any(left(database) for database in databases.values()), SECONDS)
    first: dict[bytes | None, list[int]] = defaultdict(list)
    for message in yard.producer.log:
        number = int((message.value or b"").split(b"-")[1])
        if number not in first[message.key]:
            first[message.key].append(number)
    assert {key: sorted(seen) == seen for key, seen in first.items()} == dict.fromkeys(first, True)
    assert sum(map(len, first.values())) == 120
