"""All four kinds of RPC through all five interceptors."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from protomesh.rpc import Call
from protomesh.testing import eventually
from tests.support.ring import Do, Rings

KINDS = ["Say", "Count", "Gather", "Chat"]


def speaker(note: Any) -> Do:
    """Say answers as asked, Count counts, Gather sums up, Chat answers one by one."""

    def do(request: Any, call: Call) -> Any:
        if call.method.name == "Say":
            return request
        if call.method.name == "Gather":
            return note(text=",".join(each.text for each in request))
        return count(request) if call.method.name == "Count" else chat(request)

    def count(request: Any) -> Iterator[Any]:
        yield from (note(times=number) for number in range(request.times))

    def chat(requests: Iterator[Any]) -> Iterator[Any]:
        yield from (note(text=each.text.upper()) for each in requests)

    return do


def request_of(rings: Rings, kind: str, **fields: Any) -> Any:
    """One message, or two of a kind for methods that stream."""
    one = rings.Note(**fields)
    return [one, one] if kind in {"Gather", "Chat"} else one


def test_each_kind_answers(rings: Rings) -> None:
    note = rings.Note
    house = rings(speaker(note))
    assert house.ask("Say", note(text="hello")).response.text == "hello"
    assert [each.times for each in house.ask("Count", note(times=3)).responses] == [0, 1, 2]
    assert house.ask("Gather", [note(text="a"), note(text="b")]).response.text == "a,b"
    assert [each.text for each in house.ask("Chat", [note(text="a"), note(text="b")]).responses] == ["A", "B"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_call_leaves_one_line_and_one_count(rings: Rings, kind: str) -> None:
    house = rings(speaker(rings.Note))
    answer = house.ask(kind, request_of(rings, kind, times=1), house.mint.bearer("u1"))
    assert answer.code == "OK", answer
    (line,) = house_lines(house)
    assert line["method"] == f"ring.v1.Ring/{kind}"
    assert (line["code"], line["subject"]) == (0, "u1")
    labels = {"method": f"ring.v1.Ring/{kind}", "code": "0"}
    assert house.registry.get_sample_value("mesh_rpc_seconds_count", labels) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_tells_what_was_said(rings: Rings, kind: str) -> None:
    house = rings(speaker(rings.Note))
    house.ask(kind, request_of(rings, kind, text="confidential"), house.mint.bearer("u1"))
    assert house.lines(), "the call left no line"
    assert "confidential" not in str(house.lines())


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_is_an_answer(rings: Rings, kind: str) -> None:
    house = rings(speaker(rings.Note))
    request = [] if kind in {"Gather", "Chat"} else rings.Note()
    assert house.ask(kind, request).code == "OK"


def test_a_stream_of_many_arrives_in_order(rings: Rings) -> None:
    house = rings(lambda requests, _call: requests)
    sent = [rings.Note(times=number % 100, text=str(number)) for number in range(2000)]
    received = house.ask("Chat", sent).responses
    assert [each.text for each in received] == [each.text for each in sent]


def house_lines(house: Any) -> list[dict[str, Any]]:
    """The lines of calls."""
    return [line for line in house.lines() if line["message"] == "call"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_has_ended_is_gone_without_the_garbage_collector(rings: Rings, kind: str) -> None:
    """What a call leaves in a cycle is looked at again and again: that once cost a fifth of a busy server."""
    house = rings(speaker(rings.Note))
    gc.collect()
    gc.disable()
    others = calls_alive()
    try:
        for _ in range(20):
            assert house.ask(kind, request_of(rings, kind, times=2), house.mint.bearer("u1")).code == "OK"
        eventually(lambda: calls_alive() <= others)
    finally:
        gc.enable()


def calls_alive() -> int:
    """All calls of this process, those of other tests too."""
    return sum(isinstance(each, Call) for each in gc.get_objects())
