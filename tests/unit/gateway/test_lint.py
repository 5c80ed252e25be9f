import pytest

from protomesh.gateway import lint
from tests.unit.gateway.protos import Rule, contract


def texts(*rules: Rule) -> list[str]:
    return [str(error) for error in lint(contract(*rules))]


@pytest.mark.parametrize(
    "rules",
    [
        [("GET", "/api/users/{user_id}"), ("DELETE", "/api/users/{user_id}"), ("GET", "/api/users")],
        [("GET", "/api/users/{user_id}/orders/{order_id}"), ("POST", "/api/users/{user_id}:go", "*")],
        [("GET", "/api/users/{user_id}"), ("GET", "/api/users/search"), ("GET", "/api/orders/all")],
        [("PATCH", "/api/things/{thing.id}", "thing"), ("GET", "/docs/a/b/c/d")],
        [("GET", "/login"), ("POST", "/login", "thing"), ("GET", "/docs"), ("GET", "/api")],
        [("POST", "/fn/resize", "*"), ("GET", "/.well-known/jwks.json")],
    ],
)
def test_what_is_right(rules: list[Rule]) -> None:
    assert texts(*rules) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (("GET", "/api/users", "*"), "a GET has no body"),
        (("DELETE", "/api/users", "thing"), "a DELETE has no body"),
        (("OPTIONS", "/api/users"), "verb OPTIONS is not one of"),
        (("GET", "/api/users/"), "the path ends with a slash"),
        (("GET", "/healthz"), "the path is not in a place for services"),
        (("GET", "/login/a"), "the path is not in a place for services"),
        (("GET", "/fn"), "the path is not in a place for services"),
        (("GET", "/{user_id}"), "the path is not in a place for services"),
        (("GET", "/apis/users"), "begin it with /api/"),
        (("GET", "/api/users/{user_id=users/*}"), "path variables must be plain"),
        (("GET", "/api/a/{user_id}/b/{order_id}/c"), "more than 2 collections deep"),
        (("GET", "/api/users/{nope}"), "path variable {nope} names no field"),
        (("GET", "/api/users/{thing.nope}"), "path variable {thing.nope} names no field"),
        (("GET", "/api/users/{user_id.nope}"), "path variable {user_id.nope} names no field"),
        (("GET", "/api/users/{thing}"), "path variable {thing} is not a single scalar"),
        (("GET", "/api/users/{tags}"), "path variable {tags} is not a single scalar"),
        (("POST", "/api/users", "nope"), "has no field 'nope'"),
        (("POST", "/api/users", "user_id"), "body: 'user_id' is not a single message"),
    ],
)
def test_one_binding(rule: Rule, words: str) -> None:
    (text,) = texts(rule)
    assert words in text
    assert f"Things/M0 ({rule[0]} {rule[1]})" in text


def test_the_same_paths_whatever_the_variables_are_called() -> None:
    (text,) = texts(("GET", "/api/users/{user_id}"), ("GET", "/api/users"), ("GET", "/api/users/{order_id}"))
    assert "the same paths as" in text
    assert "Things/M0 (GET /api/users/{user_id})" in text
    assert "Things/M2 (GET /api/users/{order_id})" in text


def test_paths_of_which_neither_is_more_special() -> None:
    (text,) = texts(("GET", "/api/{user_id}/orders"), ("GET", "/api/users/{order_id}"))
    assert "a path can fit both" in text
    assert "Things/M0" in text
    assert "Things/M1" in text
