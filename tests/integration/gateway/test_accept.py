"""A caller that accepts no JSON is refused before anything is done (RFC 9110, 12.5.1 and 15.5.7)."""

import http.client
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.integration.gateway.clients import Rest, exchange, http2
from tests.integration.gateway.conftest import World
from tests.integration.gateway.problems import assert_problem

SPECIAL = ("*/*", "application/*", "application/json")
OTHERS = ("text/html", "application/xml", "application/problem+json", "text/*", "application/jsonx")


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/*;q=0.1",
        "text/html, application/xml;q=0.9, */*;q=0.8",
        "application/json;q=0, application/json;q=0.001",
        "*/*;q=0, application/*;q=1",
        "*; q=.2",
        "",
        " , ",
    ],
)
def test_what_allows_json(rest: Rest, accept: str) -> None:
    answer = rest("GET", "/api/users/u1", accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), answer


@pytest.mark.parametrize(
    "accept",
    [
        "application/xml",
        "text/html",
        "image/*, text/plain;q=0.5",
        "application/jsonx",
        "application/json;q=0",
        "application/json; q=0.000, */*",
        "application/*;q=0, */*;q=1",
        "*/*;q=0",
        "application/json;q=junk",
    ],
)
@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST"])
def test_what_allows_none(rest: Rest, verb: str, accept: str) -> None:
    path = "/api/users" if verb == "POST" else "/api/users/u1"
    answer = rest(verb, path, {} if verb == "POST" else None, accept=accept)
    problem = assert_problem(answer, 406, "INVALID_ARGUMENT", body=verb != "HEAD")
    assert verb == "HEAD" or "application/json" in problem["detail"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(SPECIAL + OTHERS), st.sampled_from(["0", "0.5", "1"]), min_size=1))
def test_the_most_special_range_decides(world: World, weights: Mapping[str, str]) -> None:
    accept = ", ".join(f"{kind};q={weight}" for kind, weight in weights.items())
    fitting = [weights[kind] for kind in SPECIAL if kind in weights]
    expected = 200 if fitting and fitting[-1] != "0" else 406
    assert world.rest("GET", "/api/users/u1", accept=accept).status == expected, accept


def test_lines_count_together(world: World) -> None:
    """Over HTTP/2, where nobody joins them on the way."""
    lines = ("-H", "accept: text/plain", "-H", "accept: application/json;q=0.5")
    assert http2(world.addresses.gateway.port, "GET", "/api/users/u1", *lines).status == 200
    lines = ("-H", "accept: text/plain", "-H", "accept: image/png")
    assert http2(world.addresses.gateway.port, "GET", "/api/users/u1", *lines).status == 406


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("DELETE", "/api/users/u1", 204),
        ("GET", "/api/users/u1/orders/o1:watch", 200),
        ("GET", "/login", 200),
        ("OPTIONS", "/api/users/u1", 204),
        ("GET", "/api/nope", 404),
        ("PATCH", "/api/users/u1", 405),
    ],
)
def test_where_no_json_would_come(rest: Rest, verb: str, path: str, status: int) -> None:
    answer = rest(verb, path, accept="image/png")
    assert answer.status == status, answer


def test_grpc_callers_accept_nothing(world: World) -> None:
    with grpc.insecure_channel(world.target) as channel:
        user = users_pb2_grpc.UsersStub(channel).GetUser(
            users_pb2.GetUserRequest(user_id="u1"), timeout=60, metadata=(("accept", "text/html"),)
        )
    assert user.id == "u1"


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_a_browser_that_takes_pages_alone_is_sent_to_log_in_first(world: World, verb: str) -> None:
    """And refused, with the connection intact, when it would get JSON."""
    told: dict[str, Any] = {"accept": "text/html", "origin": "https://app.example"}
    paths = ("login-1", "u1", "ok-201", "ok-204", "fail-5")
    connection = http.client.HTTPConnection(world.target, timeout=60)
    found = [exchange(connection, verb, f"/api/users/{path}", None, told) for path in paths]
    connection.close()
    assert [each.status for each in found] == [302, 406, 406, 406, 404]
    for answer in found[1:3]:
        assert_problem(answer, 406, "INVALID_ARGUMENT", body=verb == "GET")
        assert "link" not in answer.headers, answer


def test_refusals_are_framed_well_over_http2(world: World) -> None:
    for accept in ("text/plain", "text/html"):
        for verb in ("GET", "HEAD"):
            answer = http2(world.addresses.gateway.port, verb, "/api/users/u1", "-H", f"accept: {accept}")
            assert (answer.status, bool(answer.body)) == (406, verb == "GET"), answer
