"""From commit to broker: latency at 200 events a second, and how fast a full outbox drains.

The real relay process between an SQLite outbox and the embedded broker, each a process of its own.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.result import Result, at_least, at_most, middle, plain
from protomesh.broker import Tail, TopicSpec
from protomesh.broker.kafka_python import KafkaPython
from protomesh.clock import SystemClock
from protomesh.errors import MeshError
from protomesh.store import Bell, PendingEvent, SqlDatabase, bell_path, migrate_library, open_engine

RATE = 200
SECONDS = 4.0
ROUNDS = 5
BULK = 20_000
HEADERS = tuple((f"ce_header{number}", b"x" * 24) for number in range(9))
TOPIC = "users"


@contextlib.contextmanager
def started(module: str, arguments: list[str], environment: dict[str, str]) -> Iterator[str]:
    """A Python process; yields the address that it prints when it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


class Bench:
    """A broker, an outbox, and a reader that notes when each event is seen."""

    def __init__(self, state: Path, bootstrap: str) -> None:
        self.database = SqlDatabase(
            open_engine(f"sqlite:///{state}/data/users.db"), SystemClock(), Bell(bell_path(state, "users"))
        )
        migrate_library(self.database.engine)
        broker = KafkaPython(bootstrap)
        admin = broker.admin()
        admin.create([TopicSpec(TOPIC, 12)])
        admin.close()
        self._reader = broker.reader(Tail((TOPIC,), beginning=True))
        self.seen: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def write(self, first: int, count: int) -> list[tuple[str, float]]:
        """One transaction with `count` events. Returns their ids with the time of the commit."""
        ids = [f"e{first + number}" for number in range(count)]
        with self.database.unit_of_work() as work:
            for each in ids:
                work.add(PendingEvent(each, TOPIC, each.encode(), each.encode() + b" " * 300, HEADERS))
        now = time.perf_counter()
        return [(each, now) for each in ids]

    def wait(self, count: int, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while len(self.seen) < count:
            assert time.monotonic() < end, f"{len(self.seen)} of {count} events arrived"
            time.sleep(0.01)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._reader.close()
        self.database.close()

    def _read(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(MeshError):
                for record in self._reader.poll(0.1, 5000):
                    self.seen[(record.value or b"").decode().strip()] = time.perf_counter()


@contextlib.contextmanager
def bench() -> Iterator[tuple[Bench, dict[str, str]]]:
    """Yields the bench and the environment in which the relay works on it."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        (state / "data").mkdir()
        with started(
            "protomesh.broker.embedded", ["--data", f"{folder}/broker", "--port", "0"], {}
        ) as address:
            made = Bench(state, address)
            try:
                yield made, {"PROTOMESH_STATE_DIR": folder, "PROTOMESH_BOOTSTRAP": address}
            finally:
                made.close()


def run() -> list[Result]:
    """`outbox.sqlite.p99_ms`, `relay.events_per_s`"""
    p99s, p50s = zip(*(latency() for _ in range(ROUNDS)), strict=True)
    rates = [throughput() for _ in range(ROUNDS)]
    note = f"{RATE} events/s, commit to consumer"
    return [
        at_most("outbox.sqlite.p99_ms", middle(list(p99s)), "ms", 50, note),
        plain("outbox.sqlite.p50_ms", middle(list(p50s)), "ms", note),
        at_least("relay.events_per_s", middle(rates), "events/s", 5000, f"{BULK} events of about 500 bytes"),
    ]


def latency() -> tuple[float, float]:
    """p99 and p50 in milliseconds."""
    with bench() as (made, environment), started("protomesh.app.relay", [], environment):
        made.write(0, 1)
        made.wait(1)
        written = []
        begin = time.perf_counter()
        for number in range(int(RATE * SECONDS)):
            time.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
            written.extend(made.write(number + 1, 1))
        made.wait(len(written) + 1)
        waits = sorted((made.seen[each] - at) * 1000 for each, at in written)
    return waits[int(len(waits) * 0.99)], waits[len(waits) // 2]


def throughput() -> float:
    """Events per second of an outbox that is full when the relay starts; from the first to the last seen."""
    with bench() as (made, environment):
        for first in range(0, BULK, 1000):
            made.write(first, 1000)
        with started("protomesh.app.relay", [], environment):
            made.wait(BULK)
        times = sorted(made.seen.values())
    return (BULK - 1) / (times[-1] - times[0])
