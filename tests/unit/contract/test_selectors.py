"""Selectors point at the methods that their words say, and at nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.contract import Contract, event_matches, event_pattern, resolve
from protomesh.contract.selectors import Shape, shape
from protomesh.errors import ConfigError

BOUND = {"CreateUser", "GetUser", "ListUsers", "DeleteUser"}
ORDERS = {"CreateOrder", "GetOrder", "ListOrders", "UpdateOrder", "DeleteOrder", "CancelOrder", "WatchOrder"}

RESOLVED: list[tuple[str, set[str]]] = [
    ("shop.users.v1.Users/GetUser", {"GetUser"}),
    ("shop.orders.v1.Orders/ConfirmOrder", {"ConfirmOrder"}),
    ("shop.users.v1.Users/*", BOUND),
    ("shop.orders.v1.Orders/*", ORDERS),
    ("GET /api/users/{user_id}", {"GetUser"}),
    ("GET /api/users/{anything}", {"GetUser"}),
    ("GET /api/users/*", {"GetUser"}),
    ("HEAD /api/users", {"ListUsers"}),
    ("* /api/users", {"CreateUser", "ListUsers"}),
    ("* /api/users/{user_id}", {"GetUser", "DeleteUser"}),
    ("* /api/users/{user_id}/**", ORDERS | {"GetUser", "DeleteUser"}),
    ("PUT /api/products/{product_id}", {"UpdateProduct"}),
    ("PATCH /api/products/{product_id}", {"UpdateProduct"}),
    ("GET /api/users/{u}/orders/{o}:watch", {"WatchOrder"}),
    ("GET /api/users/{u}/orders/**", {"ListOrders", "GetOrder", "WatchOrder"}),
    ("POST /api/users/{u}/orders/{o}", set()),
    ("* /**:cancel", {"CancelOrder"}),
    ("GET /api/users/", set()),
    ("GET /api/*/*/*", {"ListOrders"}),
    ("GET /api/*/*/orders", {"ListOrders"}),
    ("shop.catalog.v1.Catalog/Reserve", set()),
]


@pytest.mark.parametrize(("selector", "names"), RESOLVED)
def test_a_selector_names_these_methods(contract: Contract, selector: str, names: set[str]) -> None:
    try:
        found = {method.name for method in resolve(contract, selector)}
    except ConfigError:
        found = set()
    assert found == names


def test_two_stars_are_every_method(contract: Contract) -> None:
    assert {m.full_name for m in resolve(contract, "**")} == set(contract.methods)


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("shop.users.v1.Users/GetUsr", "did you mean 'shop.users.v1.Users/GetUser'"),
        ("shop.user.v1.Users/*", "did you mean 'shop.users.v1.Users/*'"),
        ("GET /api/user/{user_id}", "did you mean 'GET /api/users/{user_id}'"),
        ("get /api/users", "is no selector"),
        ("GET /api/**/orders", "** stands only at the end"),
        ("GET /api/us{er", "'us{er' is no path segment"),
        ("GET /api/users?x=1", "is no path segment"),
        ("", "is no selector"),
        ("event shop.orders.*", "is no selector"),
    ],
)
def test_a_selector_that_means_nothing_is_refused(contract: Contract, selector: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        resolve(contract, selector)


@given(st.text(max_size=60))
def test_any_text_resolves_or_is_refused(contract: Contract, text: str) -> None:
    try:
        found = resolve(contract, text)
    except ConfigError:
        return
    assert found


NAMES = st.sampled_from(["api", "users", "orders", "*", "{x}", "{user_id}"])
PATHS = st.lists(NAMES, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
VERBS = st.sampled_from(["GET", "POST", "*", "HEAD"])


@given(VERBS, PATHS)
def test_two_stars_at_the_end_only_widen(contract: Contract, verb: str, path: str) -> None:
    assert _found(contract, f"{verb} {path}") <= _found(contract, f"{verb} {path}/**")


@given(VERBS, PATHS)
def test_any_verb_is_the_widest(contract: Contract, verb: str, path: str) -> None:
    assert _found(contract, f"{verb} {path}") <= _found(contract, f"* {path}")


@given(VERBS, PATHS)
def test_the_names_of_variables_mean_nothing(contract: Contract, verb: str, path: str) -> None:
    renamed = re.sub(r"\{\w+\}", "*", path)
    assert _found(contract, f"{verb} {path}") == _found(contract, f"{verb} {renamed}")


def test_every_binding_is_matched_by_itself_as_a_selector(contract: Contract) -> None:
    for method in contract.methods.values():
        for binding in method.bindings:
            assert method in resolve(contract, f"{binding.verb} {binding.template}")


def test_a_wildcard_bound_to_a_variable_counts_as_written() -> None:
    assert shape("/v1/{name=users/*}:stop") == Shape(("v1", "users", "*"), "stop")
    assert Shape(("v1", "**"), "").matches(shape("/v1/{name=operations/**}:wait"))
    assert not Shape(("v1", "*", "*"), "").matches(shape("/v1/{name=operations/**}"))


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("shop.orders.*", "shop.orders.order.placed.v1", True),
        ("shop.orders.*", "shop.ordersX", False),
        ("*", "anything", True),
        ("shop.*.v1", "shop.a.b.v1", True),
        ("shop.a.v1", "shop.a.v2", False),
        ("shop.a", "shopXa", False),
    ],
)
def test_event_patterns(pattern: str, name: str, fits: bool) -> None:
    assert event_matches(pattern, name) is fits


def test_an_event_selector_is_recognised() -> None:
    assert event_pattern("event shop.orders.*") == "shop.orders.*"
    assert event_pattern("GET /api/users") is None
    assert event_pattern("event ") is None


def _found(contract: Contract, selector: str) -> set[str]:
    try:
        return {method.full_name for method in resolve(contract, selector)}
    except ConfigError:
        return set()
