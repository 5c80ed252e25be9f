"""Who may receive which events."""

import pytest

from protomesh.contract import Contract
from protomesh.policy import Caller, CallFacts, EventFacts, Outcome
from tests.unit.policy.support import Rules, security

PLACED = "shop.orders.order.placed.v1"
RULES: Rules = [
    {"on": ["event shop.orders.*"], "allow": ["authenticated"], "when": "data.user_id == identity.subject"},
    {"on": ["event shop.audit.*"], "allow": ["role:admin"]},
    {
        "on": ["event *.v1"],
        "allow": ["scope:all"],
        "when": "event.type.startsWith('shop.') && event.subject != ''",
    },
]
NO, WHO, ALLOW = Outcome.DENIED, Outcome.UNAUTHENTICATED, Outcome.ALLOW


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "untyped"])
@pytest.mark.parametrize(
    ("who", "type_name", "subject", "outcome"),
    [
        (Caller("u1"), PLACED, "", ALLOW),
        (Caller("u2"), PLACED, "", NO),
        (Caller(), PLACED, "", WHO),
        (Caller("u1"), "shop.users.user.created.v1", "users/u1", NO),
        (Caller("u1"), "shop.audit.denial.v1", "", NO),
        (Caller("boss", frozenset({"admin"})), "shop.audit.denial.v1", "", ALLOW),
        (Caller("boss", frozenset({"admin"})), PLACED, "", NO),
        (Caller("u3", scopes=frozenset({"all"})), PLACED, "orders/o1", ALLOW),
        (Caller("u3", scopes=frozenset({"all"})), PLACED, "", NO),
        (Caller("u3", scopes=frozenset({"all"})), "other.a.v1", "x", NO),
        (Caller("boss", frozenset({"admin"})), "shop.nobody.knows.v2", "", NO),
    ],
)
def test_who_may_receive_what(
    *, contract: Contract, typed: bool, who: Caller, type_name: str, subject: str, outcome: Outcome
) -> None:
    types = {PLACED: "shop.orders.v1.Order", "shop.audit.denial.v1": "mesh.policy.v1.CallInfo"}
    policy = security(contract, RULES, event_types=types if typed else None)
    data = contract.message("shop.orders.v1.Order")(id="o1", user_id="u1")
    assert policy.decide_event(who, EventFacts("e1", type_name, subject=subject), data).outcome is outcome


def test_without_data_or_of_another_type_a_condition_denies(contract: Contract) -> None:
    policy = security(contract, RULES)
    other = contract.message("shop.users.v1.GetUserRequest")(user_id="u1")
    money = contract.message("google.type.Money")(units=1)
    event = EventFacts("e1", PLACED)
    assert not policy.decide_event(Caller("u1"), event, None).allowed
    assert not policy.decide_event(Caller("u1"), event, money).allowed
    assert policy.decide_event(Caller("u1"), event, other).allowed


def test_rules_for_events_open_no_method(contract: Contract) -> None:
    policy = security(contract, [{"on": ["event *"], "allow": ["anyone"]}])
    assert not any(
        policy.compile_method(name)(Caller("u1"), CallFacts(name)).allowed for name in contract.methods
    )
