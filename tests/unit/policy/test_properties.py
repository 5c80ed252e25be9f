"""What holds for every policy and every caller."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import Caller, EventFacts, Outcome, SecurityPolicy, load_security
from protomesh.policy.parse_rules import FOREIGN_METHODS
from protomesh.policy.rules import known
from tests.unit.policy.support import CREATE_ORDER, GET_USER, Rules, call, request, security

NAMES = st.sampled_from(["", "u1", "u2"])
CALLERS = st.builds(
    Caller,
    subject=NAMES,
    roles=st.frozensets(st.sampled_from(["admin", "clerk"])),
    scopes=st.frozensets(st.sampled_from(["read", "write"])),
    issuer=st.sampled_from(["", "mesh", "https://login.example"]),
    claims=st.sampled_from([{}, {"team": "a"}, {"team": None}, {"team": ["a"], "nope": 1}]),
    service=st.sampled_from(["", "orders", "fulfil_order"]),
)
ALLOW = st.lists(
    st.sampled_from(
        ["anyone", "authenticated", "role:admin", "role:clerk", "scope:read", "subject:u1", "service:orders"]
    ),
    unique=True,
    max_size=3,
)
ATOMS = st.sampled_from(
    [
        "request.user_id == identity.subject",
        "request.user_id != 'u1' || 'admin' in identity.roles",
        "identity.claims.nope == 1",
        "size(request.user_id) == 2",
        "int(request.user_id) == 1",
        "call.service == 'orders'",
        "'read' in identity.scopes",
        "has(identity.claims.team)",
        "identity.claims.team == 'a'",
        "[1, 2].exists(n, n == size(request.user_id))",
        "1 / size(request.user_id) == 0",
        "identity.issuer.startsWith('https:')",
        "true",
        "false",
    ]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "=="]), inner).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]}) ? ({p[1]}) : ({p[2]})"),
        inner.map(lambda text: f"!({text})"),
    ),
    max_leaves=4,
)
WHENS = st.just("") | CONDITIONS
ON = st.sampled_from(
    [[GET_USER], [CREATE_ORDER], ["* /api/users/{user_id}/**"], ["POST /api/users/{u}/orders"]]
)


def _meaning(rule: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(rule["on"]), frozenset(rule["allow"]), rule["when"]


RULES = st.lists(
    st.fixed_dictionaries({"on": ON, "allow": ALLOW, "when": WHENS}),
    max_size=4,
    unique_by=_meaning,
)
METHODS = st.sampled_from([GET_USER, CREATE_ORDER])
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(RULES, st.data())
def test_adding_a_rule_never_removes_an_allow(contract: Contract, rules: Rules, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(rules), max_size=len(rules)))
    fewer = [rule for rule, keep in zip(rules, kept, strict=True) if keep]
    small, large = _policy(contract, fewer), _policy(contract, rules)
    method, who, user = data.draw(METHODS), data.draw(CALLERS), data.draw(NAMES)
    asked = request(contract, method, {"user_id": user})
    if small.decide(method, who, call(method), asked).allowed:
        assert large.decide(method, who, call(method), asked).allowed


@SLOW
@given(RULES, CALLERS, METHODS, st.data())
def test_the_order_of_the_union_never_matters(
    contract: Contract, rules: Rules, who: Caller, method: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rules))
    asked = request(contract, method, {"user_id": data.draw(NAMES)})
    first, second = (
        _policy(contract, each).decide(method, who, call(method), asked) for each in (rules, shuffled)
    )
    assert first.outcome is second.outcome


@SLOW
@given(CALLERS)
def test_without_rules_nobody_may_anything(contract: Contract, who: Caller) -> None:
    policy = _policy(contract, [])
    for method in (*contract.methods, *FOREIGN_METHODS):
        assert policy.decide(method, who, call(method)).outcome is Outcome.DENIED
    assert not policy.decide_event(who, EventFacts("e1", "shop.orders.order.created.v1")).allowed


@SLOW
@given(CALLERS, METHODS, NAMES)
def test_removing_all_rules_denies_everything(
    contract: Contract, who: Caller, method: str, user: str
) -> None:
    asked = request(contract, method, {"user_id": user})
    for rules in ([], [{"on": [method], "allow": []}]):
        decision = _policy(contract, rules).decide(method, who, call(method), asked)
        assert decision.outcome is Outcome.DENIED


@SLOW
@given(RULES, CALLERS, METHODS, NAMES)
def test_the_explanation_is_the_decision(
    contract: Contract, rules: Rules, who: Caller, method: str, user: str
) -> None:
    policy = _policy(contract, rules)
    asked = request(contract, method, {"user_id": user})
    decision = policy.decide(method, who, call(method), asked)
    explained = policy.explain(method, who, call(method), asked)
    assert explained.decision == decision
    assert any(verdict.allows for verdict in explained.verdicts) is decision.allowed
    if decision.allowed:
        assert {v.rule: v.allows for v in explained.verdicts}[decision.rule or 0]


@SLOW
@given(RULES, METHODS, NAMES, st.sampled_from(["u1", "u2"]))
def test_401_only_where_somebody_could_be_allowed_or_a_condition_asks_who(
    contract: Contract, rules: Rules, method: str, user: str, known: str
) -> None:
    policy = _policy(contract, rules)
    asked = request(contract, method, {"user_id": user})
    if policy.decide(method, Caller(), call(method), asked).outcome is not Outcome.DENIED:
        return
    everything = Caller(
        known, frozenset({"admin", "clerk"}), frozenset({"read", "write"}), "mesh", {"team": "a"}, "orders"
    )
    assert not policy.decide(method, everything, call(method), asked).allowed


@SLOW
@given(RULES, METHODS, CALLERS, NAMES)
def test_who_is_refused_without_a_request_is_refused_with_any(
    contract: Contract, rules: Rules, method: str, who: Caller, user: str
) -> None:
    policy = _policy(contract, rules)
    refusal = policy.compile_method(method).refusal(who)
    decision = policy.decide(method, who, call(method), request(contract, method, {"user_id": user}))
    if refusal is None:
        return
    assert not refusal.allowed
    assert not decision.allowed
    if decision.outcome is Outcome.UNAUTHENTICATED or known(who):
        assert refusal.outcome is decision.outcome


@SLOW
@given(RULES, METHODS, CALLERS)
def test_who_is_named_without_a_condition_is_never_refused_without_a_request(
    contract: Contract, rules: Rules, method: str, who: Caller
) -> None:
    policy = _policy(contract, [{**rule, "when": ""} for rule in rules if not rule["when"]])
    allowed = policy.decide(method, who, call(method), None).allowed
    assert (policy.compile_method(method).refusal(who) is None) is allowed


BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode()),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["rules", "on", "allow", "when", "issuers", "login", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)


@SLOW
@given(BYTES)
@example(b"{}")
@example(b'{"rules": []}')
@example(b'{"rules": [{}]}')
def test_any_bytes_are_an_error_or_a_policy_that_allows_nothing(contract: Contract, data: bytes) -> None:
    try:
        policy = load_security(data, contract, complete=False)
    except ConfigError as error:
        said = str(error)
    else:
        _allows_nothing(contract, policy)
        return
    assert said.startswith("security.json"), said


def _allows_nothing(contract: Contract, policy: SecurityPolicy) -> None:
    everything = Caller("u1", frozenset({"admin"}), frozenset({"read"}), "mesh", {}, "orders")
    for method in contract.methods:
        assert not policy.decide(method, everything, call(method), None).allowed


NOUNS = st.sampled_from(
    ["request", "user_id", "identity", "subject", "roles", "'a'", "1", "true", "has", "size", "dyn"]
)
SIGNS = st.sampled_from([".", "==", "(", ")", "&&", "||", "!", "[", "]", "{", "}", ",", ":", "?", "in"])
WORDS = st.lists(NOUNS | SIGNS, max_size=12).map(" ".join)


@SLOW
@given(st.one_of(WORDS, st.text(max_size=40)))
def test_any_expression_compiles_or_is_an_error(contract: Contract, when: str) -> None:
    rules: list[dict[str, Any]] = [{"on": [GET_USER], "allow": ["authenticated"], "when": when}]
    try:
        policy = _policy(contract, rules)
    except ConfigError as error:
        said = str(error)
    else:
        asked = request(contract, GET_USER, {"user_id": "u2"})
        assert policy.decide(GET_USER, Caller("u1"), call(GET_USER), asked).outcome in Outcome
        return
    assert "rules[0].when" in said


def _policy(contract: Contract, rules: Rules) -> SecurityPolicy:
    return security(contract, rules)
