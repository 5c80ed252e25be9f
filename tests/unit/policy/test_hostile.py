"""Calls that are made to break a condition: whatever fails, denies."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import Caller, SecurityPolicy
from tests.unit.policy.support import CREATE_ORDER, GET_USER, call, request, security
from tests.unit.policy.test_properties import SLOW

FAILS = [
    "request.order.lines[0].quantity >= 0",
    "request.order.lines[-1].quantity >= 0",
    "1 / size(request.order.lines) >= 0 || 1 % size(request.order.lines) >= 0",
    "{'a': true}[request.user_id]",
    "int(request.user_id) >= 0",
    "uint(request.user_id) >= 0u",
    "double(request.user_id) >= 0.0",
    "bool(request.user_id)",
    "duration(request.user_id) >= duration('0s')",
    "timestamp(request.user_id) <= call.time",
    "9223372036854775807 + size(request.user_id) != 0",
    "identity.claims.nope == identity.claims.nope",
    "dyn(request).nope == dyn(request).nope",
    "dyn(request.user_id) > 1",
    "!(int(request.user_id) == 1)",
    "[1].all(n, int(request.user_id) == n)",
    "int(request.user_id) == 1 ? true : true",
]


def policy_of(contract: Contract, when: str, method: str = CREATE_ORDER) -> SecurityPolicy:
    return security(contract, [{"on": [method], "allow": ["anyone", "authenticated"], "when": when}])


@pytest.mark.parametrize("when", FAILS)
@pytest.mark.parametrize("user", ["u1", "é", "x" * (1 << 20)], ids=["plain", "unicode", "long"])
def test_an_evaluation_that_fails_denies(contract: Contract, when: str, user: str) -> None:
    found = policy_of(contract, when).explain(
        CREATE_ORDER, Caller("u1"), call(CREATE_ORDER), request(contract, CREATE_ORDER, {"user_id": user})
    )
    assert not found.decision.allowed
    (verdict,) = found.verdicts
    assert (verdict.holds, bool(verdict.error)) == (None, True)


@pytest.mark.parametrize(
    "when", [*FAILS, "request.user_id == ''", "!has(request.order)", "size(request.user_id) == 0"]
)
def test_a_request_that_is_missing_denies(contract: Contract, when: str) -> None:
    assert not policy_of(contract, when).decide(CREATE_ORDER, Caller("u1"), call(CREATE_ORDER)).allowed


def test_a_message_that_is_not_set_reads_as_empty_and_matches_no_subject(contract: Contract) -> None:
    policy = policy_of(contract, "request.order.user_id == identity.subject")
    for who in (Caller("u1"), Caller(), Caller(service="orders")):
        assert not policy.decide(
            CREATE_ORDER, who, call(CREATE_ORDER), request(contract, CREATE_ORDER, {})
        ).allowed


def test_a_list_that_is_too_long_to_be_looked_through_denies(contract: Contract) -> None:
    policy = policy_of(contract, "request.order.lines.all(l, l.quantity == 0)")
    asked = request(contract, CREATE_ORDER, {"order": {"lines": [{}] * 100_000}})
    assert not policy.decide(CREATE_ORDER, Caller("u1"), call(CREATE_ORDER), asked).allowed


DEEP = {
    "parentheses": "(" * 1000 + "true" + ")" * 1000,
    "lists": "size(" + "[" * 1500 + "]" * 1500 + ") == 1",
    "fields": "identity.claims" + ".a" * 1000 + " == 'x'",
    "sums": "1" + "+1" * 1000 + " == 2",
    "comprehensions": "[1].all(a," * 300 + "true" + ")" * 300,
    "choices": "true ? true : " * 200 + "true",
}


@pytest.mark.parametrize("when", [pytest.param(when, id=name) for name, when in DEEP.items()])
def test_an_expression_that_is_too_deep_is_refused(contract: Contract, when: str) -> None:
    with pytest.raises(ConfigError, match="recurs"):
        policy_of(contract, when)


def test_long_chains_that_are_flat_decide(contract: Contract) -> None:
    asked = request(contract, GET_USER, {"user_id": "u1"})
    for when, allowed in (
        (" || ".join(["request.user_id == 'x'"] * 150), False),
        (" && ".join(["request.user_id == 'u1'"] * 150), True),
        ("!" * 3000 + "(request.user_id == 'u1')", True),
    ):
        decided = policy_of(contract, when, GET_USER).decide(GET_USER, Caller("u1"), call(GET_USER), asked)
        assert decided.allowed is allowed


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"team": "a"}
    for _ in range(depth):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    "claims",
    [
        nested(5000),
        {"team": 10**400},
        {"team": "\ud800"},
        {"\ud800": 1},
        {"team": object()},
        {"team": {1: 2}},
    ],
    ids=["deep", "huge", "half a pair", "half a pair as key", "no JSON", "no text as key"],
)
def test_claims_that_cannot_be_read_deny(contract: Contract, claims: dict[str, Any]) -> None:
    policy = policy_of(contract, "identity.claims.team != 'b'", GET_USER)
    asked = request(contract, GET_USER, {"user_id": "u1"})
    assert not policy.decide(GET_USER, Caller("u1", claims=claims), call(GET_USER), asked).allowed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@SLOW
@given(st.dictionaries(st.sampled_from(["team", "x"]), JSON))
def test_whatever_claims_hold_nobody_is_raised_or_mistaken(
    contract: Contract, claims: dict[str, Any]
) -> None:
    policy = policy_of(contract, "identity.claims.team == 'a'", GET_USER)
    who = Caller("u1", claims=claims)
    decision = policy.decide(GET_USER, who, call(GET_USER), request(contract, GET_USER, {}))
    assert decision.allowed is (claims.get("team") == "a"), json.dumps(claims)


def test_without_room_on_the_stack_nothing_is_allowed(contract: Contract) -> None:
    policies = [
        policy_of(contract, when, GET_USER)
        for when in ("request.user_id == 'x'", "size(request.user_id) == 9")
    ]
    asked = request(contract, GET_USER, {"user_id": "u1"})

    def at(depth: int) -> bool:
        if depth:
            return at(depth - 1)
        return any(each.decide(GET_USER, Caller("u1"), call(GET_USER), asked).allowed for each in policies)

    refused = 0
    for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit(), 5):
        try:
            assert not at(depth)
        except RecursionError:
            refused += 1
    assert refused


COSTLY = [
    "identity.subject.matches(request.user_id)",
    "'a'.matches(request.user_id + '$')",
    "true ? request.user_id.contains(identity.subject) : false",
    "[request.user_id].exists(a, a.contains(request.user_id))",
]


@pytest.mark.parametrize("when", COSTLY)
def test_what_a_caller_could_make_take_minutes_is_refused(contract: Contract, when: str) -> None:
    with pytest.raises(ConfigError, match="looks for what the caller says") as caught:
        policy_of(contract, when, GET_USER)
    assert caught.value.where == "security.json: rules[0].when"


def test_a_search_for_what_the_rule_says_is_not(contract: Contract) -> None:
    asked = request(contract, GET_USER, {"user_id": "u1"})
    for when in (
        "request.user_id.matches('^u[0-9]$')",
        "true ? request.user_id.contains('u') : false",
        "identity.subject.contains(request.user_id)",
    ):
        policy = policy_of(contract, when, GET_USER)
        assert policy.decide(GET_USER, Caller("u1"), call(GET_USER), asked).allowed
