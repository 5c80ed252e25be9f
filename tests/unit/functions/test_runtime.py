"""The runtime with its threads, over the broker in memory."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protomesh.broker import Message, TopicSpec
from protomesh.contract import Contract
from protomesh.envelope import PROTOBUF, CloudEvent, to_kafka
from protomesh.envelope.event import UNKNOWN_TIME
from protomesh.errors import ConfigError, InvalidArgument
from protomesh.functions import Event, FunctionContext, Retries, Runtime, function, spec_of
from protomesh.lanes import LanesState
from protomesh.testing import LoopbackClients, MemoryBroker, eventually
from shop_pb.shop.users.v1.users_pb2 import User

TYPE = "t"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(Path("gen/descriptors.binpb"), "shop_pb")


@pytest.fixture
def broker() -> MemoryBroker:
    broker = MemoryBroker()
    broker.admin().create([TopicSpec("users", 4)])
    return broker


class Probe:
    """Handles users; `hold` keeps those named `hold` until it is set."""

    def __init__(self) -> None:
        self.hold = threading.Event()
        self.entered = threading.Event()
        self.seen: dict[str, list[str]] = defaultdict(list)
        self.lock = threading.Lock()

        @function(topic="users", type=TYPE, retries=Retries(1, first=0.01, most=0.01), timeout=0.05)
        def probe(event: Event[User], ctx: FunctionContext) -> None:
            assert ctx.name == "probe"
            if event.data.display_name == "hold":
                self.entered.set()
                self.hold.wait(60)
            if event.data.display_name == "fail":
                raise ValueError("as asked")
            with self.lock:
                self.seen[event.key].append(event.data.id)

        self.spec = spec_of(probe)

    def count(self) -> int:
        with self.lock:
            return sum(map(len, self.seen.values()))


@contextmanager
def running(broker: MemoryBroker, contract: Contract, probe: Probe, folder: Path) -> Iterator[Runtime]:
    runtime = Runtime(
        [probe.spec],
        broker,
        contract,
        lambda _name: LoopbackClients(contract, {}),
        topics={"users"},
        state_dir=folder,
    )
    runtime.start()
    try:
        yield runtime
    finally:
        probe.hold.set()
        runtime.stop(30)


def send(broker: MemoryBroker, key: str, id_: str, name: str = "") -> None:
    event = CloudEvent(
        id=id_,
        source="//test",
        type=TYPE,
        subject="",
        time=UNKNOWN_TIME,
        data=User(id=id_, display_name=name).SerializeToString(),
        content_type=PROTOBUF,
        dataschema="shop.users.v1.User",
        key=key,
    )
    bytes_key, value, headers = to_kafka(event)
    broker.send(Message("users", bytes_key, value, headers), lambda _error: None)


def committed(broker: MemoryBroker) -> int:
    return sum(broker.group("fn.probe").committed.values())


def test_thousands_of_events_in_order_per_key_and_all_committed(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path):
        for number in range(3000):
            send(broker, f"k{number % 37}", str(number))
        eventually(lambda: probe.count() == 3000)
        eventually(lambda: committed(broker) == 3000)
    assert all(ids == sorted(ids, key=int) for ids in probe.seen.values())


def test_a_held_key_holds_up_nobody_else_and_shows_as_overdue(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path) as runtime:
        send(broker, "a", "1", "hold")
        assert probe.entered.wait(30)
        for number in range(2, 52):
            send(broker, f"k{number}", str(number))
        eventually(lambda: probe.count() == 50)
        eventually(lambda: runtime.health()["probe"].overdue)
        assert runtime.health()["probe"].state is LanesState.DEGRADED
        probe.hold.set()
        eventually(lambda: committed(broker) == 51)
        eventually(lambda: runtime.health()["probe"].state is LanesState.READY)


def test_stopping_lets_what_runs_end_and_commits_it(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path) as runtime:
        send(broker, "a", "1", "hold")
        assert probe.entered.wait(30)
        stop = threading.Thread(target=runtime.stop, args=(60,))
        stop.start()
        probe.hold.set()
        stop.join(60)
        assert not stop.is_alive()
        assert runtime.health()["probe"].state is LanesState.STOPPED
    assert committed(broker) == 1


def test_a_stop_does_not_wait_beyond_its_grace(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path) as runtime:
        send(broker, "a", "1", "hold")
        assert probe.entered.wait(30)
        runtime.stop(0.05)
    assert committed(broker) == 0


def test_a_failing_event_becomes_a_dead_letter_and_is_counted(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path) as runtime:
        send(broker, "a", "1", "fail")
        send(broker, "a", "2")
        eventually(lambda: probe.count() == 1)
        health = runtime.health()["probe"]
        assert (health.dead_letters, health.tally.retries, health.tally.runs) == (1, 1, 3)
    assert len(broker.records("fn.probe.dlq")) == 1


def test_a_dead_letter_that_cannot_be_written_shows(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    with running(broker, contract, probe, tmp_path) as runtime:
        broker.refusing["fn.probe.dlq"] = InvalidArgument("no room")
        send(broker, "a", "1", "fail")
        eventually(lambda: runtime.health()["probe"].dead_letters_waiting == 1)
        assert "cannot be written" in runtime.health()["probe"].note
        broker.refusing.clear()
        eventually(lambda: runtime.health()["probe"].state is LanesState.READY)
    assert len(broker.records("fn.probe.dlq")) == 1


def test_it_starts_without_a_broker_and_works_when_there_is_one(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    probe = Probe()
    broker.go_away()
    with running(broker, contract, probe, tmp_path) as runtime:
        eventually(lambda: runtime.health()["probe"].state is LanesState.DEGRADED)
        assert "away" in runtime.health()["probe"].note
        broker.come_back()
        send(broker, "a", "1")
        eventually(lambda: probe.count() == 1)


def test_a_runtime_that_never_started_stops(broker: MemoryBroker, contract: Contract, tmp_path: Path) -> None:
    clients = LoopbackClients(contract, {})
    runtime = Runtime(
        [Probe().spec], broker, contract, lambda _: clients, topics={"users"}, state_dir=tmp_path
    )
    runtime.stop(1)
    assert runtime.health()["probe"].state is LanesState.STOPPED


def test_an_undeclared_topic_is_refused_at_once(
    broker: MemoryBroker, contract: Contract, tmp_path: Path
) -> None:
    clients = LoopbackClients(contract, {})
    with pytest.raises(ConfigError, match=r"no such topic: users \(did you mean user\?\)"):
        Runtime([Probe().spec], broker, contract, lambda _: clients, topics={"user"}, state_dir=tmp_path)
