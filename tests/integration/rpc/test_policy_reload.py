"""A policy that changes while a server runs."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from protomesh.policy import SecurityPolicy
from protomesh.rpc import Call
from tests.integration.rpc.gates import Gate, beside
from tests.integration.rpc.test_kinds import KINDS, request_of, speaker
from tests.support.house import security_of
from tests.support.ring import Rings

METHODS = [f"ring.v1.Ring/{kind}" for kind in KINDS]


def policy(rings: Rings, *rules: dict[str, Any]) -> SecurityPolicy:
    return security_of(rings.contract, list(rules))


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_call_is_decided_by_the_new_policy(rings: Rings, kind: str) -> None:
    """From rules that need no request to rules that do, and back."""
    house = rings(speaker(rings.Note), rules=[{"on": METHODS, "allow": ["authenticated"]}])
    ask = partial(house.ask, kind, request_of(rings, kind, text="a", times=1), house.mint.bearer("u1"))
    assert ask().code == "OK"
    house.auth.take(policy(rings, {"on": METHODS, "allow": ["authenticated"], "when": "request.text == 'b'"}))
    assert ask().code == "PERMISSION_DENIED"
    house.auth.take(policy(rings, {"on": METHODS, "allow": ["authenticated"], "when": "request.text == 'a'"}))
    assert ask().code == "OK"
    house.auth.take(policy(rings, {"on": METHODS, "allow": ["role:admin"]}))
    assert ask().code == "PERMISSION_DENIED"
    house.auth.take(policy(rings))
    assert ask().code == "PERMISSION_DENIED", "a policy without rules allows nothing"


def test_a_call_in_flight_keeps_the_policy_that_it_began_with(rings: Rings) -> None:
    gate = Gate()
    house = rings(gate.pass_through, rules=[{"on": METHODS, "allow": ["anyone"]}])
    with beside(gate) as start:
        running = start(house.ask, "Say", rings.Note(text="begun"))
        gate.wait_for(1)
        house.auth.take(policy(rings))
        gate.open()
        assert running.result().response.text == "begun"
    assert house.ask("Say", rings.Note()).code == "PERMISSION_DENIED"


def test_a_stream_in_flight_goes_on(rings: Rings) -> None:
    taken: list[SecurityPolicy] = []

    def count(request: Any, _call: Call) -> Iterator[Any]:
        for number in range(request.times):
            if number == 1:
                house.auth.take(policy(rings))
                taken.append(policy(rings))
            yield rings.Note(times=number)

    house = rings(count, rules=[{"on": METHODS, "allow": ["anyone"]}])
    assert [each.times for each in house.ask("Count", rings.Note(times=3)).responses] == [0, 1, 2]
    assert taken
    assert house.ask("Count", rings.Note(times=3)).code == "PERMISSION_DENIED"
