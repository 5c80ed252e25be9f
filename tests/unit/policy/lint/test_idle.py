"""What could be taken out of a policy, and what could not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.contract import Contract
from protomesh.policy import Caller, Outcome
from protomesh.policy.lint import constant_conditions, idle_principals, unreachable_rules
from tests.unit.policy.support import CREATE_ORDER, GET_USER, Rules, call, request, security
from tests.unit.policy.test_properties import CALLERS, METHODS, NAMES, RULES, SLOW

DELETE_USER = "shop.users.v1.Users/DeleteUser"
SELF = "request.user_id == identity.subject"


def rule(on: str | list[str], *allow: str, when: str = "") -> dict[str, object]:
    return {"on": [on] if isinstance(on, str) else on, "allow": list(allow), "when": when}


UNREACHABLE: list[tuple[str, Rules, list[str]]] = [
    (
        "the same callers with a condition",
        [rule(GET_USER, "role:a"), rule(GET_USER, "role:a", when=SELF)],
        ["rules[1]"],
    ),
    ("wherever it stands", [rule(GET_USER, "role:a", when=SELF), rule(GET_USER, "role:a")], ["rules[0]"]),
    (
        "everybody",
        [rule(GET_USER, "anyone"), rule(GET_USER, "service:a", when="call.peer == ''")],
        ["rules[1]"],
    ),
    (
        "every user",
        [rule(GET_USER, "authenticated"), rule(GET_USER, "role:a", "scope:b", "subject:c")],
        ["rules[1]"],
    ),
    (
        "by two rules",
        [rule(GET_USER, "role:a"), rule(GET_USER, "service:b"), rule(GET_USER, "role:a", "service:b")],
        ["rules[2]"],
    ),
    (
        "method by method",
        [rule(GET_USER, "role:a"), rule(DELETE_USER, "role:a"), rule("* /api/users/{x}", "role:a")],
        ["rules[2]"],
    ),
    ("part of a service", [rule("shop.users.v1.Users/*", "role:a"), rule(GET_USER, "role:a")], ["rules[1]"]),
    ("an event", [rule("event shop.*", "role:a"), rule("event shop.orders.*", "role:a")], ["rules[1]"]),
    ("nobody beside somebody", [rule(GET_USER, "role:a"), rule(GET_USER)], ["rules[1]"]),
    ("nobody beside a condition", [rule(GET_USER, "role:a", when=SELF), rule(GET_USER)], ["rules[1]"]),
    (
        "a pair, of which one stays",
        [rule(GET_USER, "role:a"), rule("GET /api/users/{x}", "role:a")],
        ["rules[1]"],
    ),
]

NEEDED: list[tuple[str, Rules]] = [
    ("other callers", [rule(GET_USER, "role:a"), rule(GET_USER, "role:b")]),
    ("more callers", [rule(GET_USER, "role:a"), rule(GET_USER, "role:a", "role:b", when=SELF)]),
    ("visitors", [rule(GET_USER, "authenticated"), rule(GET_USER, "anyone", when=SELF)]),
    ("services", [rule(GET_USER, "authenticated"), rule(GET_USER, "service:a")]),
    ("users", [rule(GET_USER, "service:a"), rule(GET_USER, "authenticated", when=SELF)]),
    (
        "only under a condition",
        [rule(GET_USER, "role:a", when=SELF), rule(GET_USER, "role:a", when="call.peer == ''")],
    ),
    ("another method", [rule(GET_USER, "role:a"), rule(DELETE_USER, "role:a", when=SELF)]),
    ("one method more", [rule(GET_USER, "role:a"), rule([GET_USER, DELETE_USER], "role:a", when=SELF)]),
    (
        "more events",
        [rule("event shop.orders.*", "role:a"), rule("event shop.*", "role:a", when="event.id == ''")],
    ),
    ("nobody at all", [rule(GET_USER)]),
    ("nobody else", [rule(GET_USER, "role:a"), rule("* /api/users/{x}")]),
    (
        "a ring of three, of which no two do",
        [rule([GET_USER, DELETE_USER], "role:a"), rule([DELETE_USER, CREATE_ORDER], "role:a")],
    ),
]


@pytest.mark.parametrize(("rules", "paths"), [pytest.param(*each, id=name) for name, *each in UNREACHABLE])
def test_a_rule_that_others_make_needless_is_found(
    contract: Contract, rules: Rules, paths: list[str]
) -> None:
    found = list(unreachable_rules(security(contract, rules)))
    assert [each.path for each in found] == paths
    assert {each.lint for each in found} == {"unreachable-rule"}


@pytest.mark.parametrize("rules", [pytest.param(rules, id=name) for name, rules in NEEDED])
def test_a_rule_that_is_needed_anywhere_is_not(contract: Contract, rules: Rules) -> None:
    assert list(unreachable_rules(security(contract, rules))) == []


def test_the_reason_names_the_rules_that_allow_already(contract: Contract) -> None:
    rules: Rules = [
        rule(GET_USER, "role:a"),
        rule(GET_USER, "role:b"),
        rule(GET_USER, "role:a", "role:b", when=SELF),
    ]
    (found,) = unreachable_rules(security(contract, rules))
    why = "whomever it allows, rules[0] and rules[1] allow already, without a condition"
    assert str(found) == f"rules[2]: unreachable-rule: {why}"
    (nobody,) = unreachable_rules(security(contract, [rule(GET_USER), rule(GET_USER, "role:a")]))
    assert '"allow": [] refuses nobody where another rule allows, and rules[1] allows somebody' in str(nobody)


@SLOW
@given(RULES, CALLERS, METHODS, NAMES)
def test_without_what_is_found_every_decision_is_the_same(
    contract: Contract, rules: Rules, who: Caller, method: str, user: str
) -> None:
    policy = security(contract, rules)
    gone = {each.path for each in unreachable_rules(policy)}
    left = security(contract, [each for at, each in enumerate(rules) if f"rules[{at}]" not in gone])
    asked = request(contract, method, {"user_id": user})
    first, second = (each.decide(method, who, call(method), asked) for each in (policy, left))
    assert first.outcome is second.outcome
    assert list(unreachable_rules(left)) == []


@given(
    st.permutations(
        [rule(GET_USER, "role:a"), rule("GET /api/users/{x}", "role:a"), rule("GET /api/users/*", "role:a")]
    )
)
def test_of_rules_that_say_the_same_exactly_one_stays(contract: Contract, rules: Rules) -> None:
    assert len(list(unreachable_rules(security(contract, rules)))) == 2


@pytest.mark.parametrize(
    ("allow", "found"),
    [
        (["anyone", "role:a", "authenticated"], ["rules[0].allow[1]", "rules[0].allow[2]"]),
        (["service:a", "anyone"], ["rules[0].allow[0]"]),
        (["scope:a", "subject:b", "authenticated"], ["rules[0].allow[0]", "rules[0].allow[1]"]),
        (["authenticated", "service:a"], []),
        (["role:a", "scope:a", "subject:a", "service:a"], []),
        (["anyone"], []),
        ([], []),
    ],
)
def test_a_name_beside_a_wider_word(contract: Contract, allow: list[str], found: list[str]) -> None:
    policy = security(contract, [rule(GET_USER, *allow)])
    assert [each.path for each in idle_principals(policy)] == found


@pytest.mark.parametrize(
    ("when", "found"),
    [("true", 1), ("1 == 2", 1), ("[1, 2].exists(a, a == 1)", 1), (SELF, 0), ("call.peer == ''", 0), ("", 0)],
)
def test_a_condition_that_reads_nothing(contract: Contract, when: str, found: int) -> None:
    policy = security(contract, [rule([GET_USER, DELETE_USER], "authenticated", when=when)])
    assert [each.path for each in constant_conditions(policy)] == ["rules[0].when"] * found
    assert policy.decide(GET_USER, Caller("u1"), call(GET_USER)).outcome in Outcome
