"""A visitor who may log in: a browser that navigates is sent there, all others are told where it is."""

import http.client
from typing import Any
from urllib.parse import quote

import grpc
import pytest

from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.integration.gateway.clients import ORIGIN, Rest, exchange, http2
from tests.integration.gateway.conftest import World
from tests.integration.gateway.problems import assert_problem

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PATH = "/api/users/login-1"


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", "/api/users/login-%C3%A4%2Fb"])
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
@pytest.mark.parametrize("mode", [{}, {"sec_fetch_mode": "navigate"}])
def test_a_navigation_is_sent_to_the_login_page(
    rest: Rest, verb: str, path: str, mode: dict[str, Any]
) -> None:
    answer = rest(verb, path, accept=BROWSER, **mode)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (302, b"", "0"), answer
    assert answer.headers["location"] == f"/login?return_to={quote(path, safe='')}", answer
    assert answer.headers["cache-control"] == "no-store", answer
    assert {each.strip() for each in answer.headers["vary"].split(",")} >= {"Accept", "Origin"}, answer
    assert answer.headers["access-control-allow-origin"] == ORIGIN, answer
    assert not {"www-authenticate", "link", "content-type", "grpc-status"} & set(answer.headers), answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept": "*/*"},
        {"accept": "application/json"},
        {"accept": "application/json, text/html;q=0.9"},
        {"accept": "text/html;q=0, */*"},
        {"accept": "text/htmlx, application/*"},
        {"accept": "text/html;q=junk, application/json;q=0.1"},
        {"accept": BROWSER, "sec_fetch_mode": "cors"},
        {"accept": BROWSER, "sec_fetch_mode": "no-cors"},
        {"accept": BROWSER, "sec_fetch_mode": "same-origin"},
    ],
)
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_all_others_get_the_problem_and_the_link(rest: Rest, verb: str, headers: dict[str, Any]) -> None:
    answer = rest(verb, PATH, **headers)
    assert_problem(answer, 401, "UNAUTHENTICATED", body=verb == "GET")
    assert answer.headers["www-authenticate"] == "Bearer", answer
    assert answer.headers["link"] == f"</login?return_to={quote(PATH, safe='')}>;rel=login", answer
    assert "Accept" in answer.headers["vary"], answer


def test_what_is_refused_without_a_login_page_stays_a_problem(rest: Rest) -> None:
    assert_problem(rest("GET", "/api/users/fail-16", accept=BROWSER), 401, "UNAUTHENTICATED")


@pytest.mark.parametrize("status", ["403", "410"])
def test_other_errors_are_problems_for_browsers_too(rest: Rest, status: str) -> None:
    assert rest("GET", f"/api/users/fail-9-{status}", accept=BROWSER).status == int(status)


def test_a_page_of_the_service_with_401_is_no_redirect(rest: Rest) -> None:
    body = "status=401&header=link%3D%3C/login%3E;rel=login".replace(";", "%3B")
    kind = "application/x-www-form-urlencoded"
    answer = rest("POST", "/login", raw=body.encode(), content_type=kind, accept=BROWSER)
    assert (answer.status, "location" in answer.headers) == (401, False), answer


def test_the_connection_lives_after_a_redirect(world: World) -> None:
    connection = http.client.HTTPConnection(world.target, timeout=60)
    found = [
        exchange(connection, verb, path, None, {"accept": BROWSER}).status
        for verb, path in (("GET", PATH), ("HEAD", PATH), ("GET", "/api/users/u1"))
    ]
    connection.close()
    assert found == [302, 302, 200]


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_a_redirect_is_framed_well_over_http2(world: World, verb: str) -> None:
    answer = http2(world.addresses.gateway.port, verb, PATH, "-H", f"accept: {BROWSER}")
    assert (answer.status, answer.body) == (302, b"")


def test_grpc_is_never_sent_to_a_page(world: World) -> None:
    with grpc.insecure_channel(world.target) as channel, pytest.raises(grpc.RpcError) as caught:
        users_pb2_grpc.UsersStub(channel).GetUser(
            users_pb2.GetUserRequest(user_id="login-1"), timeout=60, metadata=(("accept", BROWSER),)
        )
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
