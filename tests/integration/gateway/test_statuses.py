"""What a service says of its answer, in metadata, becomes the answer's HTTP status; framing always holds."""

import http.client
import json
import socket

import pytest

from tests.integration.gateway.clients import Rest, exchange, http2
from tests.integration.gateway.conftest import World
from tests.integration.gateway.problems import assert_problem


def test_json_is_lower_camel_case_with_zero_values(rest: Rest) -> None:
    answer = rest("GET", "/api/users/u1/orders/o1")
    assert answer.headers["content-type"] == "application/json"
    expected = {
        "id": "o1",
        "userId": "u1",
        "lines": [],
        "state": "STATE_UNSPECIFIED",
        "reason": "",
        "etag": "",
    }
    assert answer.json == {**expected, "links": []}


def test_a_create_is_201_with_its_headers(rest: Rest) -> None:
    answer = rest("POST", "/api/users", {"userId": "u7", "user": {"email": "a@b.example"}})
    assert (answer.status, answer.headers["location"], answer.headers["etag"]) == (
        201,
        "/api/users/u7",
        '"1"',
    )
    assert answer.json["email"] == "a@b.example"
    assert "x-http-status" not in answer.headers


@pytest.mark.parametrize("status", [201, 202, 206, 303])
def test_a_success_may_be_another_success(rest: Rest, status: int) -> None:
    answer = rest("GET", f"/api/users/ok-{status}")
    assert answer.status == status
    assert answer.headers["link"] == "</a>;rel=a, </b>;rel=b"
    assert answer.json["id"] == f"ok-{status}"


@pytest.mark.parametrize("wanted", ["404", "500", "junk", "2000", "099"])
def test_a_success_does_not_become_an_error(rest: Rest, wanted: str) -> None:
    answer = rest("GET", f"/api/users/ok-{wanted}")
    assert (answer.status, "x-http-status" in answer.headers) == (200, False)


@pytest.mark.parametrize(
    ("wanted", "status"), [("418", 418), ("410", 410), ("412", 412), ("200", 400), ("304", 400)]
)
def test_an_error_may_be_another_error_and_no_success(rest: Rest, wanted: str, status: int) -> None:
    answer = rest("GET", f"/api/users/fail-9-{wanted}")
    assert_problem(answer, status, "FAILED_PRECONDITION")
    assert answer.headers["retry-after"] == "7"


def test_a_request_cannot_bring_the_status(rest: Rest) -> None:
    answer = rest("GET", "/api/users/u1", x_http_status="204")
    assert answer.status == 200
    assert "x-http-status" not in answer.json["displayName"]


@pytest.mark.parametrize(
    "path", ["u1", "ok-201", "ok-204", "ok-304", "fail-5", "fail-9-418", "violations", "unknown"]
)
def test_head_is_get_without_the_body_on_one_connection(world: World, path: str) -> None:
    connection = http.client.HTTPConnection(world.target, timeout=60)
    one, two = (exchange(connection, verb, f"/api/users/{path}", None, {}) for verb in ("HEAD", "GET"))
    after = exchange(connection, "GET", "/api/users/u1", None, {})
    connection.close()
    assert (one.status, one.body, after.status) == (two.status, b"", 200)
    passing = {"x-request-id", "date"}
    assert {k: v for k, v in one.headers.items() if k not in passing} == {
        k: v for k, v in two.headers.items() if k not in passing
    }


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("HEAD", "u1", 200),
        ("HEAD", "fail-5", 404),
        ("HEAD", "ok-201", 201),
        ("DELETE", "u1", 204),
        ("GET", "ok-304", 304),
    ],
)
def test_http1_answers_without_a_body_end_with_their_headers(
    world: World, verb: str, path: str, status: int
) -> None:
    """Seen byte by byte: one stray byte would be taken for the beginning of the next answer."""
    one = f"{verb} /api/users/{path} HTTP/1.1\r\nhost: x\r\n\r\n"
    two = "GET /api/users/u1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", world.addresses.gateway.port), timeout=60) as connection:
        connection.sendall((one + two).encode())
        everything = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, rest = everything.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert (b"content-length" in head) == (status not in {204, 304})
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n"), rest


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("HEAD", "u1", 200), ("HEAD", "fail-5", 404), ("DELETE", "u1", 204), ("GET", "ok-304", 304)],
)
def test_http2_answers_without_a_body_are_framed_well(
    world: World, verb: str, path: str, status: int
) -> None:
    answer = http2(world.addresses.gateway.port, verb, f"/api/users/{path}")
    assert (answer.status, answer.body) == (status, b"")


def test_http2_answers_carry_no_trailers_of_grpc(world: World) -> None:
    answer = http2(world.addresses.gateway.port, "GET", "/api/users/u1")
    assert answer.json["id"] == "u1"


def test_a_stream_is_one_json_document_a_line(rest: Rest) -> None:
    answer = rest("GET", "/api/users/u1/orders/o1:watch")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    steps = [json.loads(line) for line in answer.body.splitlines()]
    assert [step["cursor"] for step in steps] == ["1", "2"]


def test_a_stream_that_fails_at_once_has_a_status(rest: Rest) -> None:
    assert_problem(rest("GET", "/api/users/u1/orders/none:watch"), 404, "NOT_FOUND")


def test_head_of_a_stream_is_refused(rest: Rest) -> None:
    answer = rest("HEAD", "/api/users/u1/orders/o1:watch")
    assert_problem(answer, 405, "UNIMPLEMENTED", body=False)
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_a_custom_verb_without_a_body(rest: Rest) -> None:
    answer = rest("POST", "/api/users/u1/orders/o1:cancel")
    assert (answer.status, answer.json["state"]) == (200, "STATE_CANCELLED")
