"""`tail`: what is shown of a stream, over a broker in memory."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from protomesh.broker import Message, Record, TopicSpec
from protomesh.cli.shown import as_object, as_text
from protomesh.cli.stream import stream
from protomesh.cli.tail import Event, first, last
from protomesh.contract import Contract
from protomesh.envelope import PROTOBUF, CloudEvent, to_kafka
from protomesh.errors import NotFound
from protomesh.testing import MemoryBroker
from shop_pb.shop.orders.v1 import orders_pb2
from tests.unit.cli.conftest import ROOT

CONTRACT = Contract.load(ROOT / "gen" / "descriptors.binpb", "shop_pb")


def order_placed(number: int) -> Message:
    event = CloudEvent(
        id=f"e{number}",
        source="//orders",
        type="shop.orders.order.placed.v1",
        subject=f"orders/o{number}",
        time=datetime(2030, 1, 1, tzinfo=UTC),
        data=orders_pb2.Order(id=f"o{number}", user_id="u1").SerializeToString(),
        content_type=PROTOBUF,
        dataschema="shop.orders.v1.Order",
        key=f"o{number}",
    )
    key, value, headers = to_kafka(event)
    return Message("orders", key, value, headers, partition=number % 3)


@pytest.fixture
def broker() -> MemoryBroker:
    made = MemoryBroker()
    made.admin().create([TopicSpec("orders", 3), TopicSpec("empty", 2)])
    return made


def send(broker: MemoryBroker, *messages: Message) -> None:
    for message in messages:
        broker.producer().send(message, lambda error: pytest.fail(str(error)) if error else None)


def texts(records: Iterable[Record | None]) -> list[str | None]:
    return [None if record is None else (record.key or b"").decode() for record in records]


def take(records: Iterator[Record | None], count: int) -> list[str | None]:
    return texts(next(records) for _ in range(count))


def test_the_stream_marks_where_it_began_to_wait(broker: MemoryBroker) -> None:
    send(broker, *map(order_placed, range(4)))
    records = stream(broker, ["orders", "empty"], pytest.fail)
    there = take(records, 5)
    assert there[-1] is None
    assert set(there[:-1]) == {"o0", "o1", "o2", "o3"}
    send(broker, order_placed(4))
    assert take(records, 1) == ["o4"]


def test_an_empty_topic_ends_at_once(broker: MemoryBroker) -> None:
    assert take(stream(broker, ["empty"], pytest.fail), 1) == [None]


def test_an_unknown_topic_is_told(broker: MemoryBroker) -> None:
    with pytest.raises(NotFound):
        next(stream(broker, ["nope"], pytest.fail))


def numbered(*times: int | None) -> list[Event | None]:
    return [None if each is None else {"timestamp": each} for each in times]


def shown(events: Iterable[Event]) -> list[int]:
    return [event["timestamp"] for event in events]


def test_the_last_ones_are_the_latest_of_all_partitions() -> None:
    events = numbered(1, 4, 6, 2, 3, 5, None, 7, 8)
    assert shown(last(iter(events), 3, follow=False)) == [4, 5, 6]
    assert shown(last(iter(events), 3, follow=True)) == [4, 5, 6, 7, 8]
    assert shown(last(iter(events), 0, follow=True)) == [7, 8]
    assert shown(last(iter(events), None, follow=False)) == [1, 2, 3, 4, 5, 6]


def test_the_first_ones_from_the_beginning() -> None:
    events = numbered(1, 4, 6, None, 7, 8)
    assert shown(first(iter(events), None, follow=False)) == [1, 4, 6]
    assert shown(first(iter(events), None, follow=True)) == [1, 4, 6, 7, 8]
    assert shown(first(iter(events), 2, follow=True)) == [1, 4]


def test_as_soon_as_enough_is_shown_nothing_more_is_waited_for() -> None:
    def endless() -> Iterator[Event | None]:
        yield from numbered(1, None, 2)
        pytest.fail("waited for more")

    assert shown(first(endless(), 2, follow=True)) == [1, 2]


def recorded(broker: MemoryBroker) -> Record:
    (record,) = broker.records("orders")
    return record


def test_an_event_is_shown_through_the_contract(broker: MemoryBroker) -> None:
    send(broker, order_placed(3))
    found = as_object(recorded(broker), CONTRACT)
    assert (found["topic"], found["partition"], found["offset"], found["key"]) == ("orders", 0, 0, "o3")
    assert (found["id"], found["type"]) == ("e3", "shop.orders.order.placed.v1")
    assert (found["data"]["id"], found["data"]["userId"], found["data"]["lines"]) == ("o3", "u1", [])
    json.dumps(found)
    head, body = as_text(found).splitlines()
    assert "orders/0@0  shop.orders.order.placed.v1  key=o3  orders/o3" in head
    assert json.loads(body)["id"] == "o3"


@pytest.mark.parametrize(
    "change",
    [
        {"headers": ()},
        {"value": b"\xff\xff"},
        {"key": b"\xff", "value": None, "headers": (("ce_specversion", b"9"),)},
    ],
)
def test_a_record_that_is_no_event_is_shown_with_its_reason(
    broker: MemoryBroker, change: dict[str, Any]
) -> None:
    plain = order_placed(3)
    fields = {"key": plain.key, "value": plain.value, "headers": plain.headers} | change
    send(broker, Message("orders", partition=0, **fields))
    found = as_object(recorded(broker), CONTRACT)
    assert found["error"]
    assert found["error"] in as_text(found)
    json.dumps(found)
