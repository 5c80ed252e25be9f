"""A letter that its topic never takes, over the real client: it costs nobody else anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protomesh.broker import Broker, Message, Tail, TopicSpec
from protomesh.contract import Contract
from protomesh.envelope import PROTOBUF, CloudEvent, to_kafka
from protomesh.envelope.event import UNKNOWN_TIME
from protomesh.functions import DeadLetter, Event, FunctionContext, Runtime, function, spec_of
from protomesh.lanes import LanesState
from protomesh.testing import LoopbackClients, eventually
from shop_pb.shop.users.v1.users_pb2 import User
from tests.integration.functions.conftest import BrokerProcess

LIMIT = 3000


@function(topic="users", type="narrow")
def narrow(event: Event[User], ctx: FunctionContext) -> None:
    """Its letters go to a topic that takes small records only."""
    raise DeadLetter(f"{ctx.name} wants no {event.id}")


@function(topic="users", type="wide")
def wide(event: Event[User], ctx: FunctionContext) -> None:
    """Its letters go to the topic that the runtime makes."""
    raise DeadLetter(f"{ctx.name} wants no {event.id}")


@contextmanager
def running(broker: Broker, folder: Path) -> Iterator[Runtime]:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    runtime = Runtime(
        [spec_of(narrow), spec_of(wide)],
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
        runtime.stop(10)


def send(broker: Broker, type_: str, keys: list[str], size: int = 1) -> None:
    failures: list[Exception] = []
    producer = broker.producer()
    for each in keys:
        event = CloudEvent(
            id=each,
            source="//test",
            type=type_,
            subject="",
            time=UNKNOWN_TIME,
            data=User(id=each, display_name="x" * size).SerializeToString(),
            content_type=PROTOBUF,
            dataschema="shop.users.v1.User",
            key=each,
        )
        key, value, headers = to_kafka(event)
        producer.send(
            Message("users", key, value, headers), lambda error: failures.append(error) if error else None
        )
    producer.flush(60)
    producer.close()
    assert not failures


def test_a_letter_never_taken_stops_only_its_own_key_and_is_told(
    kafka: BrokerProcess, tmp_path: Path
) -> None:
    broker = kafka.broker()
    admin = broker.admin()
    admin.create([TopicSpec("fn.narrow.dlq", 1, {"max.message.bytes": str(LIMIT)})])
    admin.close()
    small = [f"k{number}" for number in range(20)]
    with running(broker, tmp_path) as runtime:
        send(broker, "narrow", ["large1", "large2"], size=2 * LIMIT)
        eventually(lambda: runtime.health()["narrow"].dead_letters_waiting == 2, within=60)
        send(broker, "narrow", small)
        send(broker, "wide", ["large1", "large2", *small], size=2 * LIMIT)
        eventually(lambda: runtime.health()["wide"].dead_letters == 22, within=60)
        eventually(lambda: runtime.health()["narrow"].dead_letters == 20, within=60)
        health = runtime.health()
        assert health["narrow"].state is LanesState.DEGRADED
        assert health["narrow"].note.startswith("dead letters that cannot be written: 2; "), health["narrow"]
        assert f"at most {LIMIT}" in health["narrow"].note
        assert health["wide"].state is LanesState.READY, health["wide"]
    reader = broker.reader(Tail(("fn.narrow.dlq",), beginning=True))
    keys: set[str] = set()

    def all_small() -> bool:
        keys.update((record.key or b"").decode() for record in reader.poll(0.2))
        return keys >= set(small)

    eventually(all_small, within=60)
    reader.close()
    assert keys == set(small)
