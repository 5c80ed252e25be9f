"""What principals and conditions mean, one rule at a time."""

from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.policy import Caller, Outcome
from tests.unit.policy.support import GET_USER, Rules, call, request, security

ALLOW, WHO, NO = Outcome.ALLOW, Outcome.UNAUTHENTICATED, Outcome.DENIED
VISITOR = Caller()
U1 = Caller("u1", frozenset({"clerk"}), frozenset({"read"}), "mesh", {"team": "a", "age": 30.0})
SERVICE = Caller(service="orders", roles=frozenset({"clerk"}), scopes=frozenset({"read"}))
SELF = "request.user_id == identity.subject"

PRINCIPALS: list[tuple[list[str], Outcome, Outcome, Outcome]] = [
    # allow, and the answers to a visitor, to u1 and to a service without a user
    (["anyone"], ALLOW, ALLOW, ALLOW),
    (["authenticated"], WHO, ALLOW, NO),
    (["role:clerk"], WHO, ALLOW, NO),
    (["role:boss"], WHO, NO, NO),
    (["role:boss", "role:clerk"], WHO, ALLOW, NO),
    (["scope:read"], WHO, ALLOW, NO),
    (["scope:write"], WHO, NO, NO),
    (["subject:u1"], WHO, ALLOW, NO),
    (["subject:u2"], WHO, NO, NO),
    (["subject:orders"], WHO, NO, NO),
    (["service:orders"], WHO, NO, ALLOW),
    (["service:u1"], WHO, NO, NO),
    (["service:orders", "subject:u1"], WHO, ALLOW, ALLOW),
    ([], NO, NO, NO),
]


@pytest.mark.parametrize(("allow", "visitor", "user", "service"), PRINCIPALS)
def test_principals(
    contract: Contract, allow: list[str], visitor: Outcome, user: Outcome, service: Outcome
) -> None:
    policy = security(contract, [{"on": [GET_USER], "allow": allow}])
    asked = request(contract, GET_USER, {"user_id": "u1"})
    answers = [policy.decide(GET_USER, who, call(GET_USER), asked).outcome for who in (VISITOR, U1, SERVICE)]
    assert answers == [visitor, user, service]


CONDITIONS: list[tuple[str, str, Outcome, Outcome, Outcome]] = [
    # who, when, and the answers to a visitor who asks for u1, to u1 who asks for u1, to u1 who asks for u2
    ("authenticated", SELF, WHO, ALLOW, NO),
    ("anyone", SELF, WHO, ALLOW, NO),
    ("anyone", "request.user_id == 'u1'", ALLOW, ALLOW, NO),
    ("anyone", "request.user_id == 'u3'", NO, NO, NO),
    ("authenticated", "request.user_id == 'u1'", WHO, ALLOW, NO),
    ("authenticated", "request.user_id == 'u3'", NO, NO, NO),
    (
        "authenticated",
        "request.user_id.startsWith('u') && identity.roles.exists(r, r == 'clerk')",
        WHO,
        ALLOW,
        ALLOW,
    ),
    ("authenticated", "'clerk' in identity.roles && 'read' in identity.scopes", WHO, ALLOW, ALLOW),
    ("authenticated", "identity.issuer == 'mesh' && !(identity.subject != 'u1')", WHO, ALLOW, ALLOW),
    ("authenticated", "identity.claims.team == 'a' && identity.claims.age > 29.5", WHO, ALLOW, ALLOW),
    ("authenticated", "identity.claims.team == 'b'", WHO, NO, NO),
    ("anyone", "call.http_method == 'GET' && call.path == '/api/users/u1'", ALLOW, ALLOW, ALLOW),
    ("anyone", "call.method == 'shop.users.v1.Users/GetUser' && call.peer == ''", ALLOW, ALLOW, ALLOW),
    ("anyone", "call.service == ''", ALLOW, ALLOW, ALLOW),
    ("anyone", "call.time == timestamp('1970-01-01T00:00:05.250Z')", ALLOW, ALLOW, ALLOW),
    # An evaluation that fails denies its rule.
    ("authenticated", "1 / (size(request.user_id) - 2) == 1", NO, NO, NO),
    ("authenticated", "identity.claims.nope == 'x'", WHO, NO, NO),
    ("authenticated", "int(request.user_id) == 1 || true", WHO, ALLOW, ALLOW),
    ("authenticated", "int(request.user_id) == 1", NO, NO, NO),
]


@pytest.mark.parametrize(("who", "when", "visitor", "self_", "other"), CONDITIONS)
def test_conditions(
    *, contract: Contract, who: str, when: str, visitor: Outcome, self_: Outcome, other: Outcome
) -> None:
    policy = security(contract, [{"on": [GET_USER], "allow": [who], "when": when}])
    facts = call(GET_USER, http_method="GET", path="/api/users/u1", time=5.25)
    answers = [
        policy.decide(GET_USER, caller, facts, request(contract, GET_USER, {"user_id": user})).outcome
        for caller, user in ((VISITOR, "u1"), (U1, "u1"), (U1, "u2"))
    ]
    assert answers == [visitor, self_, other]


@pytest.mark.parametrize("allow", [["anyone"], ["service:orders"]])
@pytest.mark.parametrize(
    "when",
    [
        SELF,
        "identity == mesh.policy.v1.Identity{}",
        "dyn(identity).subject == request.user_id",
        "call.subject == request.user_id",
        "identity.subject == '' || true",
    ],
)
def test_an_empty_subject_never_matches(contract: Contract, allow: list[str], when: str) -> None:
    policy = security(contract, [{"on": [GET_USER], "allow": allow, "when": when}])
    asked = request(contract, GET_USER, {"user_id": ""})
    for who in (VISITOR, Caller(service="orders")):
        assert not policy.decide(GET_USER, who, call(GET_USER), asked).allowed


def test_a_comprehension_over_its_budget_denies(contract: Contract) -> None:
    method = "shop.orders.v1.Orders/CreateOrder"
    when = "request.order.lines.all(a, request.order.lines.all(b, a.quantity == b.quantity))"
    policy = security(contract, [{"on": [method], "allow": ["anyone"], "when": when}])

    def ask(lines: int) -> Outcome:
        order: dict[str, Any] = {"lines": [{"quantity": 1}] * lines}
        asked = request(contract, method, {"order": order})
        return policy.decide(method, VISITOR, call(method), asked).outcome

    assert ask(3) is ALLOW
    assert ask(200) is NO
    verdict = policy.explain(
        method, VISITOR, call(method), request(contract, method, {"order": {"lines": [{}] * 200}})
    )
    assert "budget" in verdict.verdicts[0].error


def test_without_its_request_a_condition_denies(contract: Contract) -> None:
    for when in ("request.user_id == identity.subject", "size(request.user_id) >= 0"):
        policy = security(contract, [{"on": [GET_USER], "allow": ["authenticated"], "when": when}])
        assert policy.decide(GET_USER, U1, call(GET_USER)).outcome is NO


def test_an_explanation_says_why_each_rule_failed(contract: Contract) -> None:
    rules: Rules = [
        {"on": [GET_USER], "allow": ["role:boss"]},
        {"on": ["* /api/users/{id}"], "allow": ["authenticated"], "when": SELF},
        {"on": [GET_USER], "allow": ["authenticated"], "when": "identity.claims.nope == 1"},
    ]
    found = security(contract, rules).explain(
        GET_USER, U1, call(GET_USER), request(contract, GET_USER, {"user_id": "u2"})
    )
    assert found.decision.outcome is NO
    first, second, third = found.verdicts
    assert (first.path, first.allow, first.included, first.holds) == ("rules[0]", ("role:boss",), False, True)
    assert (second.included, second.holds, second.when, second.error) == (True, False, SELF, "")
    assert (third.holds, third.allows) == (None, False)
    assert "nope" in third.error


def test_an_explanation_tells_a_visitor_that_a_subject_is_missing(contract: Contract) -> None:
    policy = security(contract, [{"on": [GET_USER], "allow": ["anyone"], "when": SELF}])
    found = policy.explain(GET_USER, VISITOR, call(GET_USER), request(contract, GET_USER, {"user_id": ""}))
    assert found.verdicts[0].error == "when reads the subject, and the caller has none"
