"""Events that are too large for Kafka: the call fails, and nothing is kept that could not be published."""

import re
from typing import Any

import pytest

from protomesh.rpc import Call
from tests.integration.rpc.test_transactions import emit, policy, rows, types, writes
from tests.support.ring import Rings

LARGE = "x" * 2000
"""More than the tests' own limit, in a field that no rule of the contract bounds."""


@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_an_event_too_large_for_kafka_fails_the_call(rings: Rings, form: str) -> None:
    """It would hold up all events behind it, for ever."""
    events = {"topics": {"notes": {"format": form}}, "rules": [emit("after")]}
    house = rings(writes(), events=events, largest=1500)
    answer = house.ask("Say", rings.Note(text="a", etag=LARGE))
    assert answer.code == "INVALID_ARGUMENT"
    assert re.fullmatch(r"the event for topic notes has [23]\d{3} bytes, more than 1500", answer.message), (
        answer
    )
    assert (rows(house), types(house)) == ([], [])
    assert house.ask("Say", rings.Note(text="a")).code == "OK"
    assert (rows(house), types(house)) == (["a"], ["ring.after.v1"])


def test_an_emitted_event_too_large_for_kafka(rings: Rings) -> None:
    def say(request: Any, call: Call) -> Any:
        call.emit("notes", request, type="ring.said.v1")
        return request

    house = rings(writes(say), events=policy(), largest=1500)
    assert house.ask("Say", rings.Note(etag=LARGE)).code == "INVALID_ARGUMENT"
    assert (rows(house), types(house)) == ([], [])


def test_an_attempt_too_large_to_be_recorded_is_not_made(rings: Rings) -> None:
    reached: list[Any] = []
    house = rings(lambda request, _call: reached.append(request), events=policy(emit("before")), largest=1500)
    assert house.ask("Say", rings.Note(etag=LARGE)).code == "INVALID_ARGUMENT"
    assert (reached, types(house)) == ([], [])


def test_by_default_a_megabyte_is_too_large(rings: Rings) -> None:
    house = rings(events=policy(emit("after")))
    assert house.ask("Say", rings.Note(etag="x" * 990_000)).code == "OK"
    assert house.ask("Say", rings.Note(etag="x" * 1_000_000)).code == "INVALID_ARGUMENT"
    assert len(house.outbox()) == 1
