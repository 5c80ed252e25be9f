"""How many calls a server takes, and what the others are told."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from protomesh.rpc import Limits, serving
from protomesh.rpc.client.health import CHECK
from protomesh.testing import eventually
from tests.integration.rpc.gates import Gate, beside
from tests.support.contracts import callable_of
from tests.support.house import House
from tests.support.ring import Rings

SMALL = Limits(threads=2, waiting=1, streams=1)
"""Two calls run at a time, and one waits."""


def test_beyond_the_bound_a_call_is_refused_at_once_while_others_go_on(rings: Rings) -> None:
    gate = Gate()
    house = rings(gate.pass_through, limits=SMALL)
    with beside(gate) as start:
        waiting = [start(house.ask, "Say", rings.Note()) for _ in range(3)]
        gate.wait_for(2)
        refused = _first_refusal(house, rings)
        assert refused.message == "too many calls are waiting; try again"
        assert gate.inside == 2
        gate.open()
        assert [each.result().code for each in waiting] == ["OK"] * 3
    assert house.ask("Say", rings.Note()).code == "OK"


def _first_refusal(house: House, rings: Rings) -> Any:
    """The third call may still be on its way when the fifth is sent: then that one waits."""
    answers: list[Any] = []

    def refused() -> bool:
        answers.append(house.ask("Say", rings.Note(), timeout=1.0))
        return bool(answers[-1].code == "RESOURCE_EXHAUSTED")

    eventually(refused)
    return answers[-1]


def test_a_flood_is_answered_whole(rings: Rings) -> None:
    """Every call gets an answer of its own: done, or refused."""
    gate = Gate()
    gate.open()
    house = rings(gate.pass_through, limits=Limits(threads=2, waiting=20, streams=1))
    with beside(gate, threads=40) as start:
        codes = [each.result().code for each in [start(house.ask, "Say", rings.Note()) for _ in range(400)]]
    assert set(codes) <= {"OK", "RESOURCE_EXHAUSTED"}
    assert codes.count("OK") >= 22, codes
    assert house.ask("Say", rings.Note()).code == "OK"


def test_streams_are_counted_apart(rings: Rings) -> None:
    gate = Gate()
    house = rings(_by_kind(gate), limits=Limits(threads=1, waiting=5, streams=2))
    with beside(gate) as start:
        streams = [start(house.ask, "Count", rings.Note()) for _ in range(2)]
        gate.wait_for(2)
        third = house.ask("Count", rings.Note())
        assert (third.code, third.message) == ("RESOURCE_EXHAUSTED", "too many streams are open; try again")
        assert house.ask("Chat", [rings.Note()]).code == "RESOURCE_EXHAUSTED"
        assert house.ask("Gather", [rings.Note()]).code == "RESOURCE_EXHAUSTED"
        assert house.ask("Say", rings.Note()).code == "OK", "streams took the thread of unary calls"
        gate.open()
        assert [each.result().code for each in streams] == ["OK", "OK"]
    eventually(lambda: house.ask("Count", rings.Note()).code == "OK")


def _by_kind(gate: Gate) -> Any:
    return lambda request, call: (
        gate.stream_through(request, call) if call.method.name == "Count" else request
    )


def test_a_stream_s_place_comes_back_however_it_ends(rings: Rings) -> None:
    """Cancelled, failed, refused or read to its end: none may keep its place."""

    def many(request: Any, _call: Any) -> Iterator[Any]:
        if request.text == "fail":
            raise ValueError
        for _ in range(100_000 if request.text == "long" else 1):
            yield request

    limits = Limits(threads=2, waiting=10, streams=1)
    house = rings(many, limits=limits, rules=[{"on": ["ring.v1.Ring/Count"], "allow": ["authenticated"]}])
    me = house.mint.bearer("u1")
    for text in ("fail", "", "fail", "") * 3:
        eventually(partial(_taken, house, rings.Note(text=text), me))
    eventually(lambda: house.ask("Count", rings.Note()).code == "UNAUTHENTICATED")
    eventually(lambda: house.ask("Count", b"\xff\xff", me).code == "INVALID_ARGUMENT")
    for _ in range(3):
        eventually(lambda: _cancelled(house, rings.Note(text="long"), me))
    eventually(lambda: house.ask("Count", rings.Note(), me).code == "OK")


def _taken(house: House, request: Any, me: tuple[str, str]) -> bool:
    return house.ask("Count", request, me).code != "RESOURCE_EXHAUSTED"


def _cancelled(house: House, request: Any, me: tuple[str, str]) -> bool:
    """Leave a long stream after its first response; False when there was no place for it."""
    method = house.contract.methods["ring.v1.Ring/Count"]
    call = callable_of(house.contract, method, house.channel)(request, timeout=60.0, metadata=(me,))
    try:
        next(call)
    except grpc.RpcError:
        return False
    call.cancel()
    return True


def test_health_answers_while_all_threads_are_busy(rings: Rings) -> None:
    """Also where calls may still wait: the question must not wait with them."""
    gate = Gate()
    house = rings(gate.pass_through, limits=Limits(threads=2, waiting=100, streams=1))
    with beside(gate) as start:
        waiting = [start(house.ask, "Say", rings.Note()) for _ in range(8)]
        gate.wait_for(2)
        assert serving(house.address, 30.0)
        assert serving(house.address, 30.0, "ring.v1.Ring")
        assert not serving(house.address, 30.0, "nobody.v1.Knows")
        gate.open()
        assert [each.result().code for each in waiting] == ["OK"] * 8


def test_health_needs_no_identity(rings: Rings) -> None:
    house = rings(rules=[{"on": ["ring.v1.Ring/Say"], "allow": []}])
    check = house.channel.unary_unary(
        CHECK,
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    bad = (("authorization", "Bearer nonsense"),)
    assert check(health_pb2.HealthCheckRequest(), timeout=30.0, metadata=bad).status == 1
