"""The relay on the embedded broker, a process of its own, with the real client."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.broker import Partition, Record, Tail, TopicSpec
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.store import PendingEvent
from protomesh.testing import eventually
from tests.integration.relay.yard import SECONDS, Yard, emit, left, pending


@pytest.fixture
def bootstrap(tmp_path: Path) -> Iterator[str]:
    """Where the broker listens."""
    command = [
        sys.executable,
        "-m",
        "protomesh.broker.embedded",
        "--data",
        str(tmp_path / "broker"),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), f"the broker said {line!r}"
        yield line.split()[1]
        process.terminate()
        process.wait(SECONDS)


def read(broker: KafkaPython, count: int) -> list[Record]:
    """The first records of the topic, once that many are there."""
    reader = broker.reader(Tail(("t",), beginning=True))
    found: list[Record] = []

    def enough() -> bool:
        found.extend(reader.poll(0.1))
        return len(found) >= count

    try:
        eventually(enough, SECONDS)
    finally:
        reader.close()
    return found


def test_events_reach_kafka_in_order_and_a_refused_one_holds_up_its_database_alone(
    yard: Yard, bootstrap: str
) -> None:
    """Here the broker refuses what is too large, and lets it in once the topic allows it."""
    broker = KafkaPython(bootstrap, Tuning(client_id="test", linger_ms=0))
    admin = broker.admin()
    admin.create([TopicSpec("t", 1, {"max.message.bytes": "10000"})])
    small, large = yard.database("small"), yard.database("large")
    emit(large, "before", key="large")
    with large.unit_of_work() as work:
        work.add(PendingEvent("id-big", "t", b"large", b"x" * 50_000, ()))
    emit(large, "after", key="large")
    yard.relay(yard.source("small"), yard.source("large"), producer=broker.producer())
    eventually(
        lambda: any("event 2 for topic t was refused" in line for line in yard.messages.lines), SECONDS
    )
    names = [f"e{number}" for number in range(20)]
    emit(small, *names, key="small")
    eventually(lambda: left(small) == [], SECONDS)
    eventually(lambda: left(large) == ["x" * 50_000, "after"], SECONDS)
    records = read(broker, 21)
    assert [record.value for record in records if record.key == b"small"] == [name.encode() for name in names]
    assert [record.value for record in records if record.key == b"large"] == [b"before"]
    (first, *_) = (record for record in records if record.key == b"small")
    assert (Partition(first.topic, first.partition), first.headers) == (
        Partition("t", 0),
        pending("e0").headers,
    )
    admin.close()
