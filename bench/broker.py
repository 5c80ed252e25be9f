"""The embedded broker: how long a record is under way, and how soon a new group reads its first one."""

import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.result import Result, at_most, middle, plain
from protomesh.broker import Broker, Message, Tail, TopicSpec
from protomesh.broker.kafka_python import KafkaPython

RUNS = 5
RATE = 100
RECORDS = 300
BULK = 20_000
PATIENCE = 60.0


def run() -> list[Result]:
    with _broker() as broker:
        trips = [_round_trips(broker) for _ in range(RUNS)]
        joins = [_join(broker) for _ in range(RUNS)]
        written = middle([_written_per_second(broker) for _ in range(RUNS)])
    p99 = middle([_percentile(run, 99) for run in trips])
    p50 = middle([_percentile(run, 50) for run in trips])
    how = f"median of {RUNS} runs of {RECORDS} records at {RATE}/s; p50 {p50:.2f} ms"
    join = f"a new group, from its first poll to its first record; median of {RUNS}"
    return [
        at_most("broker.embedded.rtt_p99_ms", p99, "ms", 10, how),
        at_most("broker.embedded.join_s", middle(joins), "s", 1, join),
        plain(
            "broker.embedded.produce_per_s", written, "records/s", f"{BULK} of 300 B, acks=all, one producer"
        ),
    ]


@contextmanager
def _broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory() as directory:
        command = [
            sys.executable,
            "-m",
            "protomesh.broker.embedded",
            "--data",
            str(Path(directory) / "broker"),
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                assert process.stdout is not None
                yield KafkaPython(process.stdout.readline().split()[1])
            finally:
                process.terminate()


def _new_topic(broker: Broker) -> str:
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    with closing(broker.admin()) as admin:
        admin.create([TopicSpec(topic, 4)])
    return topic


def _round_trips(broker: Broker) -> list[float]:
    """Milliseconds from send to having been read, in another thread, record by record."""
    topic = _new_topic(broker)
    taken: list[float] = []
    errors: list[Exception | None] = []
    with closing(broker.reader(Tail((topic,)))) as reader, closing(broker.producer()) as producer:

        def read() -> None:
            deadline = time.monotonic() + PATIENCE
            while len(taken) < RECORDS and time.monotonic() < deadline:
                taken.extend(
                    (time.monotonic_ns() - int(record.value or b"0")) / 1e6 for record in reader.poll(0.5)
                )

        producer.partitions(topic)
        thread = threading.Thread(target=read)
        thread.start()
        start = time.monotonic()
        for number in range(RECORDS):
            time.sleep(max(0.0, start + number / RATE - time.monotonic()))
            stamp = str(time.monotonic_ns()).encode()
            producer.send(Message(topic, str(number).encode(), stamp), errors.append)
        thread.join()
    assert not any(errors), errors
    assert len(taken) == RECORDS, f"{len(taken)} of {RECORDS} records"
    return taken


def _join(broker: Broker) -> float:
    topic = _new_topic(broker)
    with closing(broker.producer()) as producer:
        errors: list[Exception | None] = []
        producer.send(Message(topic, b"k", b"v"), errors.append)
        producer.flush(PATIENCE)
        assert errors == [None], errors
    group = f"bench-{uuid.uuid4().hex[:8]}"
    start = time.monotonic()
    with closing(broker.consumer(group, [topic], lambda _: None, lambda _: None)) as consumer:
        while not consumer.poll(0.1):
            assert time.monotonic() - start < PATIENCE, "the group never read"
        return time.monotonic() - start


def _written_per_second(broker: Broker) -> float:
    topic = _new_topic(broker)
    value = b"x" * 300
    errors: list[Exception | None] = []
    with closing(broker.producer()) as producer:
        producer.partitions(topic)
        start = time.monotonic()
        for number in range(BULK):
            producer.send(Message(topic, str(number).encode(), value), errors.append)
        producer.flush(PATIENCE)
        seconds = time.monotonic() - start
    assert errors == [None] * BULK, "not every record was written"
    return BULK / seconds


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
