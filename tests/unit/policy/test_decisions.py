"""Who may do what by the reference policy, written down by hand."""

from pathlib import Path
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.policy import Caller, Outcome, SecurityPolicy, load_security
from tests.unit.policy.support import call, request

ROOT = Path(__file__).parents[3]

VISITOR = Caller()
U1 = Caller("u1")
U2 = Caller("u2")
ADMIN = Caller("boss", frozenset({"admin"}))
FULFIL = Caller(service="fulfil_order")
WELCOME = Caller(service="welcome_email")
ORDERS_FOR_U1 = Caller("u1", service="orders")
ORDERS_FOR_U2 = Caller("u2", service="orders")

ALLOW, WHO, NO = Outcome.ALLOW, Outcome.UNAUTHENTICATED, Outcome.DENIED

CALLERS = ("visitor", "u1", "u2", "admin", "fulfil_order", "welcome_email", "orders for u2")
WHO_ASKS = (VISITOR, U1, U2, ADMIN, FULFIL, WELCOME, ORDERS_FOR_U2)

TABLE: dict[str, tuple[dict[str, Any], tuple[Outcome, ...]]] = {
    "users.v1.Users/CreateUser": ({}, (ALLOW,) * 7),
    "users.v1.Users/GetUser": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, NO, ALLOW, ALLOW)),
    "users.v1.Users/ListUsers": ({}, (WHO, NO, NO, ALLOW, NO, NO, NO)),
    "users.v1.Users/DeleteUser": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, NO, NO, NO)),
    "catalog.v1.Catalog/ListProducts": ({}, (ALLOW,) * 7),
    "catalog.v1.Catalog/GetProduct": ({"product_id": "p1"}, (ALLOW,) * 7),
    "catalog.v1.Catalog/CreateProduct": ({}, (WHO, NO, NO, ALLOW, NO, NO, NO)),
    "catalog.v1.Catalog/UpdateProduct": ({"product_id": "p1"}, (WHO, NO, NO, ALLOW, NO, NO, NO)),
    "catalog.v1.Catalog/DeleteProduct": ({"product_id": "p1"}, (WHO, NO, NO, ALLOW, NO, NO, NO)),
    "catalog.v1.Catalog/ReserveStock": ({"order_id": "o1"}, (WHO, NO, NO, NO, ALLOW, NO, NO)),
    "catalog.v1.Catalog/ReleaseStock": ({"order_id": "o1"}, (WHO, NO, NO, NO, ALLOW, NO, NO)),
    "orders.v1.Orders/CreateOrder": ({"user_id": "u1"}, (WHO, ALLOW, NO, NO, NO, NO, NO)),
    "orders.v1.Orders/GetOrder": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, ALLOW, NO, NO)),
    "orders.v1.Orders/ListOrders": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, NO, NO, NO)),
    "orders.v1.Orders/UpdateOrder": ({"user_id": "u1"}, (WHO, ALLOW, NO, NO, NO, NO, NO)),
    "orders.v1.Orders/DeleteOrder": ({"user_id": "u1"}, (WHO, NO, NO, ALLOW, NO, NO, NO)),
    "orders.v1.Orders/CancelOrder": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, NO, NO, NO)),
    "orders.v1.Orders/WatchOrder": ({"user_id": "u1"}, (WHO, ALLOW, NO, ALLOW, NO, NO, NO)),
    "orders.v1.Orders/ConfirmOrder": ({"order_id": "o1"}, (WHO, NO, NO, NO, ALLOW, NO, NO)),
    "orders.v1.Orders/RejectOrder": ({"order_id": "o1"}, (WHO, NO, NO, NO, ALLOW, NO, NO)),
}

CASES = [
    pytest.param(f"shop.{method}", fields, who, outcome, id=f"{method.partition('/')[2]} by {name}")
    for method, (fields, outcomes) in TABLE.items()
    for name, who, outcome in zip(CALLERS, WHO_ASKS, outcomes, strict=True)
]


@pytest.fixture(scope="module")
def policy(contract: Contract) -> SecurityPolicy:
    return load_security(ROOT / "policies/security.json", contract)


def test_the_table_has_every_method(contract: Contract) -> None:
    assert {f"shop.{method}" for method in TABLE} == {
        name for name in contract.methods if name.startswith("shop.")
    }


@pytest.mark.parametrize(("method", "fields", "who", "outcome"), CASES)
def test_who_may_do_what(
    *,
    contract: Contract,
    policy: SecurityPolicy,
    method: str,
    fields: dict[str, Any],
    who: Caller,
    outcome: Outcome,
) -> None:
    asked = request(contract, method, fields)
    explained = policy.explain(method, who, call(method), asked)
    assert policy.decide(method, who, call(method), asked).outcome is outcome, explained
    assert explained.decision.outcome is outcome
    assert any(verdict.allows for verdict in explained.verdicts) is (outcome is ALLOW)


def test_a_service_does_not_widen_what_its_user_may(contract: Contract, policy: SecurityPolicy) -> None:
    method = "shop.orders.v1.Orders/CreateOrder"
    asked = request(contract, method, {"user_id": "u1"})
    assert policy.decide(method, ORDERS_FOR_U1, call(method), asked).outcome is ALLOW
    assert policy.decide(method, ORDERS_FOR_U2, call(method), asked).outcome is NO


def test_an_unknown_method_is_refused_to_all(policy: SecurityPolicy) -> None:
    for who in WHO_ASKS:
        assert policy.decide("shop.users.v1.Users/Nope", who, call("x")).outcome is NO


def test_reflection_is_for_those_who_are_known(policy: SecurityPolicy) -> None:
    for version in ("v1", "v1alpha"):
        method = f"grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
        assert policy.decide(method, VISITOR, call(method)).outcome is WHO
        assert policy.decide(method, U1, call(method)).outcome is ALLOW


def test_the_request_is_needed_only_where_a_condition_reads_it(policy: SecurityPolicy) -> None:
    assert policy.compile_method("shop.users.v1.Users/GetUser").needs_request
    assert not policy.compile_method("shop.users.v1.Users/ListUsers").needs_request


def test_the_decision_names_the_rule(contract: Contract, policy: SecurityPolicy) -> None:
    method = "shop.users.v1.Users/GetUser"
    asked = request(contract, method, {"user_id": "u1"})
    assert policy.decide(method, U1, call(method), asked).rule == 1
    assert policy.decide(method, ADMIN, call(method), asked).rule == 2
    assert policy.decide(method, WELCOME, call(method), asked).rule == 3
    assert policy.decide(method, U2, call(method), asked).rule is None
