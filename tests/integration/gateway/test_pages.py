"""Pages and forms: a method that answers with HttpBody chooses any status, with its body intact."""

import http.client
import json
import socket
from urllib.parse import urlencode

import pytest

from tests.integration.gateway.clients import Answer, Rest, exchange, http2
from tests.integration.gateway.conftest import World
from tests.integration.gateway.files import PAGE
from tests.integration.gateway.problems import assert_problem

FORM = "application/x-www-form-urlencoded"
HEADERS = (
    "location=/api",
    "set-cookie=a=1; HttpOnly",
    "set-cookie=b=2; Path=/",
    "retry-after=9",
    "cache-control=no-store",
    "content-security-policy=default-src 'none'",
)


def form(status: int | str) -> bytes:
    return urlencode([("status", str(status)), *(("header", each) for each in HEADERS)]).encode()


def assert_page(answer: Answer, status: int, body: bytes) -> None:
    assert (answer.status, answer.body) == (status, body), answer
    assert answer.headers["content-type"] == "text/html; charset=utf-8", answer
    assert answer.headers["content-length"] == str(len(body)), answer
    assert not {"x-http-status", "grpc-status", "grpc-message"} & set(answer.headers), answer


@pytest.mark.parametrize("status", [200, 201, 303, 307, 400, 401, 403, 409, 422, 429, 500, 503])
def test_a_form_is_answered_with_any_status_and_its_page(rest: Rest, status: int) -> None:
    answer = rest("POST", "/login", raw=form(status), content_type=FORM)
    assert_page(answer, status, FORM.encode() + PAGE)
    for each in HEADERS:
        name, _, value = each.partition("=")
        assert value in answer.headers[name], answer


def test_each_cookie_has_its_own_line(world: World) -> None:
    connection = http.client.HTTPConnection(world.target, timeout=60)
    connection.request("POST", "/login", form(303), {"content-type": FORM})
    cookies = connection.getresponse().headers.get_all("set-cookie")
    connection.close()
    assert cookies == ["a=1; HttpOnly", "b=2; Path=/"]


@pytest.mark.parametrize("status", [204, 205, 304])
def test_statuses_without_a_body_have_none_and_the_connection_lives(world: World, status: int) -> None:
    """Seen byte by byte: one stray byte would be taken for the beginning of the next answer."""
    body = form(status)
    head = f"POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: {len(body)}\r\n\r\n"
    last = b"GET /login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", world.addresses.gateway.port), timeout=60) as connection:
        connection.sendall(head.encode() + body + last)
        everything = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, rest = everything.partition(b"\r\n\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ".encode()), first
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n"), rest
    assert b"transfer-encoding" not in first, first


@pytest.mark.parametrize("status", [204, 205, 303, 304, 401, 429])
def test_pages_are_framed_well_over_http2(world: World, status: int) -> None:
    options = ("-H", f"content-type: {FORM}", "--data-binary", form(status).decode())
    answer = http2(world.addresses.gateway.port, "POST", "/login", *options)
    expected = b"" if status in {204, 205, 304} else FORM.encode() + PAGE
    assert (answer.status, answer.body) == (status, expected)


@pytest.mark.parametrize("wanted", ["100", "101", "099", "600", "junk", "2000", "20"])
def test_what_is_no_final_status_is_not_taken(rest: Rest, wanted: str) -> None:
    assert_page(rest("POST", "/login", raw=form(wanted), content_type=FORM), 200, FORM.encode() + PAGE)


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain", "application/json"])
def test_a_raw_body_may_be_of_any_type(rest: Rest, kind: str) -> None:
    assert_page(rest("POST", "/login", raw=form(200), content_type=kind), 200, kind.encode() + PAGE)


def test_a_failure_of_a_page_is_a_problem(rest: Rest) -> None:
    answer = rest("POST", "/login", raw=b"fail=1", content_type=FORM)
    problem = assert_problem(answer, 503, "UNAVAILABLE")
    assert problem["detail"] == "told to fail"


def test_a_form_is_no_body_for_a_method_that_takes_json(rest: Rest) -> None:
    answer = rest("POST", "/api/users", raw=json.dumps({"userId": "u1"}).encode(), content_type=FORM)
    assert_problem(answer, 415, "INVALID_ARGUMENT")


def test_head_of_a_page_on_one_connection(world: World) -> None:
    connection = http.client.HTTPConnection(world.target, timeout=60)
    head, got = (exchange(connection, verb, "/login", None, {}) for verb in ("HEAD", "GET"))
    connection.close()
    assert_page(got, 200, PAGE)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(PAGE)))
    assert got.headers["content-security-policy"] == "default-src 'none'"
