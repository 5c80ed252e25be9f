"""Errors of services over REST: one shape, whatever failed."""

import pytest

from tests.integration.gateway.clients import Rest
from tests.integration.gateway.conftest import World
from tests.integration.gateway.problems import assert_problem


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (1, 499, "CANCELLED"),
        (2, 500, "UNKNOWN"),
        (3, 400, "INVALID_ARGUMENT"),
        (5, 404, "NOT_FOUND"),
        (6, 409, "ALREADY_EXISTS"),
        (7, 403, "PERMISSION_DENIED"),
        (8, 429, "RESOURCE_EXHAUSTED"),
        (9, 400, "FAILED_PRECONDITION"),
        (10, 409, "ABORTED"),
        (12, 501, "UNIMPLEMENTED"),
        (13, 500, "INTERNAL"),
        (14, 503, "UNAVAILABLE"),
        (16, 401, "UNAUTHENTICATED"),
    ],
)
def test_every_code_has_its_status(rest: Rest, number: int, status: int, code: str) -> None:
    problem = assert_problem(rest("GET", f"/api/users/fail-{number}"), status, code)
    assert (problem["type"], problem["detail"], problem["violations"]) == ("about:blank", "told to fail", [])


def test_violations_name_fields_and_rules(rest: Rest) -> None:
    problem = assert_problem(rest("GET", "/api/users/violations"), 400, "INVALID_ARGUMENT")
    assert problem["title"] == "Bad Request"
    assert problem["detail"] == "the request is not valid"
    assert problem["violations"] == [
        {"field": "user.email", "rule": "string.email", "message": 'not an "address"\n'},
        {"field": "user_id", "rule": "", "message": ""},
    ]


def test_details_that_nobody_knows_do_not_hide_the_error(rest: Rest) -> None:
    problem = assert_problem(rest("GET", "/api/users/unknown"), 400, "FAILED_PRECONDITION")
    assert (problem["detail"], problem["violations"]) == ("50% äh", [])


def test_an_error_after_initial_metadata_is_an_error(rest: Rest) -> None:
    assert_problem(rest("GET", "/api/users/late"), 409, "ABORTED")


def test_too_slow_is_504_and_the_service_hears_of_it(world: World) -> None:
    problem = assert_problem(world.rest("GET", "/api/users/slow"), 504, "DEADLINE_EXCEEDED")
    assert "upstream" not in problem["detail"]
    assert any(replica.cancelled.wait(60) for replica in world.users if replica.slow.is_set())
