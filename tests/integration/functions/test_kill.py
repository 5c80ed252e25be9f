"""Processes killed at any point: every event is handled, in order per key, and the poison is put aside."""

import threading
from collections import defaultdict
from collections.abc import Sequence

import pytest

from protomesh.broker import Broker, Message, Record, Tail, partition_for
from protomesh.envelope import PROTOBUF, CloudEvent, to_kafka
from protomesh.envelope.event import UNKNOWN_TIME
from protomesh.errors import MeshError
from protomesh.testing import eventually
from shop_pb.shop.users.v1.users_pb2 import User
from tests.integration.functions.conftest import BrokerProcess, Workers

KEYS, EVENTS = 23, 900


def kind_of(number: int) -> str:
    if number % 97 == 50:
        return "poison"
    return "flaky" if number % 31 == 7 else "plain"


def message(number: int) -> Message:
    event = CloudEvent(
        id=f"e{number}",
        source="//test",
        type="t",
        subject="",
        time=UNKNOWN_TIME,
        data=User(id=str(number), display_name=kind_of(number)).SerializeToString(),
        content_type=PROTOBUF,
        dataschema="shop.users.v1.User",
        key=f"k{number % KEYS}",
    )
    key, value, headers = to_kafka(event)
    return Message("users", key, value, headers)


def send(broker: Broker, numbers: Sequence[int]) -> None:
    """All of them acknowledged."""
    failures: list[Exception] = []
    producer = broker.producer()
    for number in numbers:
        producer.send(message(number), lambda error: failures.append(error) if error else None)
    producer.flush(60)
    producer.close()
    assert not failures


def lag(broker: Broker) -> int:
    admin = broker.admin()
    try:
        return sum(one.end - (one.committed or 0) for one in admin.lag("fn.note", ["users"]))
    except MeshError:
        return -1
    finally:
        admin.close()


def dead_letters(broker: Broker) -> list[Record]:
    reader = broker.reader(Tail(("fn.note.dlq",), beginning=True))
    found: list[Record] = []
    while records := reader.poll(2.0):
        found.extend(records)
    reader.close()
    return found


def handled(workers: Workers, count: int, *, of: str) -> None:
    try:
        eventually(lambda: len(set(workers.notes())) >= count, within=60)
    except AssertionError:
        pytest.fail(f"{of}: {len(set(workers.notes()))} of {count} handled\n{workers.log()[-3000:]}")


def check(broker: Broker, workers: Workers, numbers: Sequence[int] = range(EVENTS)) -> None:
    """Nothing lost, order kept, poison aside, everything committed."""
    plain = [number for number in numbers if kind_of(number) != "poison"]
    handled(workers, len(plain), of="at the end")
    eventually(lambda: lag(broker) == 0, within=60, every=0.2)
    notes = workers.notes()
    assert {int(id_) for _, id_ in notes} == set(plain)
    firsts: dict[str, list[int]] = defaultdict(list)
    for key, id_ in dict.fromkeys(notes):
        firsts[key].append(int(id_))
    assert all(ids == sorted(ids) for ids in firsts.values()), "first occurrences are in order per key"
    letters = dead_letters(broker)
    ids = {int(User.FromString(letter.value or b"").id) for letter in letters}
    assert ids == set(numbers) - set(plain)
    for letter in letters:
        why = {name: value.decode() for name, value in letter.headers if name.startswith("x-dlq-")}
        assert why["x-dlq-attempts"] == "3"
        assert why["x-dlq-reason"] == "gave up after 3 attempts: ValueError: poison"


def test_killed_workers_lose_nothing(kafka: BrokerProcess, workers: Workers) -> None:
    broker = kafka.broker()
    first, second = workers.start(kafka.address), workers.start(kafka.address)
    send(broker, range(300))
    handled(workers, 60, of="two workers")
    first.kill()
    first = workers.start(kafka.address)
    send(broker, range(300, 600))
    handled(workers, 350, of="one of two was killed")
    second.kill()
    send(broker, range(600, EVENTS))
    handled(workers, 620, of="the other one was killed")
    first.kill()
    workers.start(kafka.address)
    check(broker, workers)


def test_a_killed_broker_is_waited_for(kafka: BrokerProcess, workers: Workers) -> None:
    broker = kafka.broker()
    workers.start(kafka.address)
    sender = threading.Thread(target=send, args=(broker, range(EVENTS)))
    sender.start()
    handled(workers, 100, of="before the kill")
    kafka.kill()
    kafka.restart()
    sender.join()
    check(broker, workers)


def committed(broker: Broker) -> dict[int, int]:
    admin = broker.admin()
    try:
        return {one.partition.index: one.committed or 0 for one in admin.lag("fn.note", ["users"])}
    finally:
        admin.close()


def test_a_worker_that_is_stopped_in_good_order_commits_all_it_may(
    kafka: BrokerProcess, workers: Workers
) -> None:
    broker = kafka.broker()
    smooth = [number for number in range(EVENTS) if kind_of(number) == "plain"]
    first = workers.start(kafka.address)
    send(broker, smooth)
    handled(workers, 100, of="the first")
    first.terminate()
    assert first.wait(60) == 0, workers.log()[-3000:]
    done = {int(id_) for _, id_ in workers.notes()}
    for partition, position in committed(broker).items():
        in_order = [
            number for number in smooth if partition_for(f"k{number % KEYS}".encode(), 4) == partition
        ]
        unfinished = (offset for offset, number in enumerate(in_order) if number not in done)
        assert position == next(unfinished, len(in_order)), f"partition {partition}"
    workers.start(kafka.address)
    check(broker, workers, smooth)
