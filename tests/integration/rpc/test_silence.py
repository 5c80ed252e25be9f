"""Callers that open a stream and say nothing: they must not keep others out."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from protomesh.rpc import Limits
from protomesh.testing import eventually
from tests.support.contracts import callable_of
from tests.support.house import House
from tests.support.ring import Rings

GATHER, CHAT, COUNT = (f"ring.v1.Ring/{name}" for name in ("Gather", "Chat", "Count"))
PLACES = 2


def door(*allow: str, when: str = "request.text == 'x'") -> list[dict[str, Any]]:
    """Streams of requests are decided on their first message, and Count is open."""
    return [{"on": [GATHER, CHAT], "allow": list(allow), "when": when}, {"on": [COUNT], "allow": ["anyone"]}]


def answers(request: Any, call: Any) -> Any:
    if call.method.name == "Gather":
        return list(request)[-1]
    return iter([request]) if call.method.name == "Count" else request


@contextmanager
def silent(house: House, kind: str, *metadata: tuple[str, str], count: int = PLACES) -> Iterator[list[Any]]:
    """Calls that have been opened, and say nothing until the end of the block."""
    method = house.contract.methods[f"ring.v1.Ring/{kind}"]
    never = threading.Event()

    def nothing() -> Iterator[Any]:
        never.wait(60.0)
        yield from ()

    open_ = callable_of(house.contract, method, house.channel)
    start = open_ if method.streams_response else open_.future
    try:
        yield [start(nothing(), timeout=60.0, metadata=metadata) for _ in range(count)]
    finally:
        never.set()


def code(call: Any) -> str:
    """How the call ended, once it has."""
    return str(call.code().name)


@pytest.mark.parametrize("kind", ["Gather", "Chat"])
@pytest.mark.parametrize("user", ["", "u1"])
def test_whom_no_rule_names_is_refused_before_the_first_message(rings: Rings, kind: str, user: str) -> None:
    """More of them than there are places, and all at once."""
    house = rings(answers, rules=door("role:admin", "service:orders"), limits=Limits(streams=PLACES))
    me = (house.mint.bearer(user),) if user else ()
    for _ in range(PLACES + 1):
        with silent(house, kind, *me, count=1) as (call,):
            assert code(call) == ("PERMISSION_DENIED" if user else "UNAUTHENTICATED")
    eventually(lambda: house.ask("Count", rings.Note()).code == "OK")
    root = house.mint.bearer("root", "admin")
    eventually(lambda: house.ask(kind, [rings.Note(text="x")], root).code == "OK")


@pytest.mark.parametrize("kind", ["Gather", "Chat"])
def test_a_condition_that_wants_a_subject_refuses_a_visitor_at_once(rings: Rings, kind: str) -> None:
    house = rings(answers, rules=door("anyone", when="request.id == identity.subject"))
    with silent(house, kind, count=1) as (call,):
        assert code(call) == "UNAUTHENTICATED"


@pytest.mark.parametrize("kind", ["Gather", "Chat"])
def test_who_might_be_allowed_has_to_say_something_in_time(rings: Rings, kind: str) -> None:
    """Whatever deadline the caller has set; then the place is free again."""
    house = rings(answers, rules=door("anyone"), limits=Limits(streams=PLACES), default_timeout=0.3)
    with silent(house, kind) as calls:
        assert [code(call) for call in calls] == ["CANCELLED"] * PLACES
        eventually(lambda: house.ask("Count", rings.Note()).code == "OK")
    eventually(lambda: house.ask(kind, [rings.Note(text="x")]).code == "OK")
    assert house.ask(kind, [rings.Note(text="y")]).code == "PERMISSION_DENIED"
    assert not [line for line in house.lines() if line["level"] == "error"]


def test_who_has_spoken_may_take_longer(rings: Rings) -> None:
    def slow(requests: Iterator[Any], call: Any) -> Any:
        eventually(lambda: time.monotonic() > call.first_due + 0.3)
        return list(requests)[-1]

    house = rings(slow, rules=door("anyone"), default_timeout=0.3)
    assert house.ask("Gather", [rings.Note(text="x")]).code == "OK"
