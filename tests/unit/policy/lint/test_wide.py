"""Rules that are wider than their neighbours."""

import pytest

from protomesh.contract import Contract
from protomesh.policy.lint import open_user_paths, wide_writes
from tests.unit.policy.lint.test_idle import SELF, rule
from tests.unit.policy.support import Rules, security

USER, ORDERS = "/api/users/{user_id}", "/api/users/{user_id}/orders"
PRODUCT = "/api/products/{product_id}"

WIDE: list[tuple[str, Rules, str]] = [
    (
        "everybody deletes what only its owner reads",
        [rule(f"DELETE {USER}", "anyone"), rule(f"GET {USER}", "authenticated", when=SELF)],
        "anyone may call DELETE /api/users/{user_id}, but reading, GET /api/users/{user_id}, needs more",
    ),
    (
        "a custom verb",
        [rule(f"POST {ORDERS}/{{order_id}}:cancel", "anyone"), rule(f"GET {ORDERS}/{{order_id}}", "role:a")],
        "anyone may call POST /api/users/{user_id}/orders/{order_id}:cancel, but reading",
    ),
    (
        "a creation below somebody",
        [rule(f"POST {ORDERS}", "anyone"), rule(f"GET {ORDERS}", "role:a")],
        "anyone may call POST /api/users/{user_id}/orders, but reading, GET /api/users/{u",
    ),
    (
        "one of several bindings",
        [rule("shop.catalog.v1.Catalog/UpdateProduct", "anyone"), rule(f"GET {PRODUCT}", "role:a")],
        "anyone may call PATCH /api/products/{product_id}",
    ),
]

NOT_WIDE: list[tuple[str, Rules]] = [
    ("everybody reads", [rule(f"DELETE {USER}", "anyone"), rule(f"GET {USER}", "anyone")]),
    (
        "a condition",
        [rule(f"DELETE {USER}", "anyone", when="request.user_id == 'x'"), rule(f"GET {USER}", "role:a")],
    ),
    ("users", [rule(f"DELETE {USER}", "authenticated"), rule(f"GET {USER}", "role:a")]),
    (
        "registering",
        [rule("POST /api/users", "anyone"), rule("GET /api/users", "role:a"), rule(f"GET {USER}", "role:a")],
    ),
    ("nobody reads", [rule(f"DELETE {USER}", "anyone"), rule(f"GET {USER}")]),
    ("no rule for reading", [rule(f"DELETE {USER}", "anyone")]),
    ("reading", [rule(f"GET {USER}", "anyone"), rule(f"DELETE {USER}", "role:a")]),
    (
        "another way of reading needs more",
        [
            rule(f"DELETE {ORDERS}/{{order_id}}", "anyone"),
            rule(f"GET {ORDERS}/{{order_id}}", "anyone"),
            rule(f"GET {ORDERS}/{{order_id}}:watch", "role:a"),
        ],
    ),
]


@pytest.mark.parametrize(("rules", "said"), [pytest.param(*each, id=name) for name, *each in WIDE])
def test_a_write_that_is_wider_than_its_read(contract: Contract, rules: Rules, said: str) -> None:
    (found,) = wide_writes(security(contract, rules), contract)
    assert (found.path, found.lint) == ("rules[0].allow", "wide-write")
    assert found.reason.startswith(said)


@pytest.mark.parametrize("rules", [pytest.param(rules, id=name) for name, rules in NOT_WIDE])
def test_a_write_that_is_not(contract: Contract, rules: Rules) -> None:
    assert list(wide_writes(security(contract, rules), contract)) == []


def test_a_path_of_a_user_that_is_open_to_all_users(contract: Contract) -> None:
    policy = security(contract, [rule([f"GET {USER}", "GET /api/products"], "authenticated")])
    (found,) = open_user_paths(policy, contract)
    assert (found.path, found.lint) == ("rules[0]", "open-user-path")
    assert found.reason == (
        "every user may call GET /api/users/{user_id} for every other {user_id}: "
        'add "when": "request.user_id == identity.subject"'
    )


def test_owners_are_learned_from_other_conditions(contract: Contract) -> None:
    own = "identity.subject == request.product_id"
    learned: Rules = [rule(f"GET {PRODUCT}", "role:a", when=own), rule(f"DELETE {PRODUCT}", "authenticated")]
    (found,) = open_user_paths(security(contract, learned), contract)
    assert found.path == "rules[1]"
    assert list(open_user_paths(security(contract, learned[1:]), contract)) == []


@pytest.mark.parametrize(
    "rules",
    [
        [rule(f"GET {USER}", "authenticated", when=SELF)],
        [rule(f"GET {USER}", "authenticated", when="request.user_id == 'shop'")],
        [rule(f"GET {USER}", "role:a", "service:b")],
        [rule(f"GET {USER}", "anyone"), rule(f"GET {USER}", "authenticated")],
        [rule(["GET /api/users", "POST /api/users", f"GET {PRODUCT}"], "authenticated")],
    ],
)
def test_other_paths_are_not(contract: Contract, rules: Rules) -> None:
    assert list(open_user_paths(security(contract, rules), contract)) == []
