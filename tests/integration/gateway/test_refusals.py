"""Bad input: each gets its 4xx in the one shape with CORS, and nothing of it reaches a service."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.integration.gateway.clients import Answer, Rest
from tests.integration.gateway.conftest import BODY_BYTES, World
from tests.integration.gateway.problems import MEMBERS, assert_problem

CANCEL = "/api/users/u1/orders/o1:cancel"


@pytest.mark.parametrize("path", ["/", "/api", "/api/nope", "/api/users/u1/nope", "/API/users"])
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE", "OPTIONS"])
def test_an_unknown_path(rest: Rest, verb: str, path: str) -> None:
    assert_problem(rest(verb, path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("verb", "path", "allow"),
    [
        ("PUT", "/api/users", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/api/users/u1", "GET, HEAD, DELETE, OPTIONS"),
        ("TRACE", "/api/users/u1", "GET, HEAD, DELETE, OPTIONS"),
        ("GET", CANCEL, "POST, OPTIONS"),
        ("DELETE", "/api/users/u1/orders/o1:watch", "GET, OPTIONS"),
        ("POST", "/api/products/p1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ],
)
def test_a_wrong_method(rest: Rest, verb: str, path: str, allow: str) -> None:
    answer = rest(verb, path)
    assert_problem(answer, 405, "UNIMPLEMENTED")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "body",
    [
        b"{bad",
        b'{"userId":"a"',
        b"[]",
        b"null",
        b'"text"',
        b"{}{}",
        b'{"userId":"\xff"}',
        b'{"userId":5.5e}',
        b"{" * 500,
    ],
)
def test_malformed_json(rest: Rest, body: bytes) -> None:
    assert_problem(
        rest("POST", "/api/users", raw=body, content_type="application/json"), 400, "INVALID_ARGUMENT"
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/users", {"userId": {}}),
        ("/api/users", {"user": "text"}),
        ("/api/users", {"user": {"createTime": "yesterday"}}),
        ("/api/users/u1/orders", {"lines": [{"quantity": "many"}]}),
        ("/api/users/u1/orders", {"lines": [{"quantity": 1.5}]}),
        ("/api/users/u1/orders", {"state": "STATE_NOPE"}),
        ("/api/users/u1/orders", {"lines": 3}),
    ],
)
def test_wrong_types_and_unknown_enums(rest: Rest, path: str, body: object) -> None:
    assert_problem(rest("POST", path, body), 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "query",
    ["nosuch=1", "page_size=abc", "page_size=", "page_size=99999999999", "filter%5B%5D=1", "page_token=%00"],
)
def test_a_wrong_query(rest: Rest, query: str) -> None:
    assert_problem(rest("GET", f"/api/users?{query}"), 400, "INVALID_ARGUMENT")


def test_a_query_is_read_as_a_form(rest: Rest) -> None:
    assert rest("GET", "/api/users?pageToken=a+b%2B%C3%A4&page_size=3").json["nextPageToken"] == "a b+ä"


@pytest.mark.parametrize("name", ["user_id", "userId", "user%5fid", "%75ser%49d"])
def test_the_query_never_overrides_the_path(rest: Rest, name: str) -> None:
    problem = assert_problem(rest("GET", f"/api/users/u1?x=1&{name}=other"), 400, "INVALID_ARGUMENT")
    assert "given by the path" in problem["detail"]
    assert_problem(rest("POST", f"{CANCEL}?{name}=other", {}), 400, "INVALID_ARGUMENT")


def test_the_body_never_overrides_the_path(rest: Rest) -> None:
    assert_problem(rest("POST", CANCEL, {"user_id": "other"}), 400, "INVALID_ARGUMENT")
    assert rest("POST", CANCEL, {"userId": "other"}).json["userId"] == "u1"


@pytest.mark.parametrize(
    "path", ["/api/users/%FF", "/api/users/%C3%28", "/api/users/%ED%A0%80", "/api/users/%C0%AF"]
)
def test_a_url_that_is_not_utf8(rest: Rest, path: str) -> None:
    assert_problem(rest("GET", path), 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("path", "name"), [("a%2Fb", "a/b"), ("%C3%A4%F0%9F%98%80", "ä😀"), ("a%3Ab", "a:b"), ("u1/", "u1")]
)
def test_escapes_in_a_path_variable(rest: Rest, path: str, name: str) -> None:
    assert rest("GET", f"/api/users/{path}").json["id"] == name


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/grpcx"]
)
def test_a_body_that_is_not_json(rest: Rest, kind: str) -> None:
    assert_problem(rest("POST", "/api/users", raw=b"{}", content_type=kind), 415, "INVALID_ARGUMENT")


def test_a_body_without_a_type_is_not_json(rest: Rest) -> None:
    assert_problem(rest("POST", "/api/users", raw=b"{}"), 415, "INVALID_ARGUMENT")
    assert_problem(rest("POST", CANCEL, raw=b"{}", content_type=""), 415, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"]
)
def test_a_body_that_is_json(rest: Rest, kind: str) -> None:
    answer = rest("PATCH", "/api/products/p1?updateMask=title,price", raw=b'{"title":"t"}', content_type=kind)
    assert answer.json["title"] == "title,price"


def test_the_size_of_a_body_is_limited_exactly(rest: Rest) -> None:
    def post(size: int) -> Answer:
        body = b'{"user":{"displayName":"' + b"x" * (size - 27) + b'"}}'
        assert len(body) == size
        return rest("POST", "/api/users", raw=body, content_type="application/json")

    assert post(BODY_BYTES).status == 201
    assert_problem(post(BODY_BYTES + 1), 413, "INVALID_ARGUMENT")


def test_a_chunked_body_is_limited_too(rest: Rest) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"user":{"displayName":"'
        yield b"x" * BODY_BYTES

    assert_problem(
        rest("POST", "/api/users", raw=chunks(), content_type="application/json"), 413, "INVALID_ARGUMENT"
    )


def test_headers_for_grpc_only_do_not_pass(rest: Rest) -> None:
    answer = rest(
        "GET", "/api/users/u1", grpc_timeout="junk", foo_bin="!!", grpc_tags_bin="x", lb_token="y", x_own="z"
    )
    told = answer.json["displayName"]
    assert "x-own: z" in told
    assert not [name for name in ("grpc-", "foo-bin", "lb-token", "junk") if name in told]


def test_the_service_sees_how_the_call_came(rest: Rest) -> None:
    told = rest(
        "GET",
        "/api/users/u1?",
        x_envoy_original_path="/evil",
        x_envoy_original_method="EVIL",
        x_envoy_max_retries="99",
        x_request_id="mine",
        x_causation_id="evil",
        x_correlation_id="evil",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    lines = told.json["displayName"].split("\n")
    assert "x-envoy-original-path: /api/users/u1?" in lines
    assert "x-envoy-original-method: GET" in lines
    assert f"x-request-id: {told.headers['x-request-id']}" in lines
    assert "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" in lines
    assert not [line for line in lines if "evil" in line.lower() or "mine" in line or "max-retries" in line]


def test_the_transcoded_path_is_no_rest_path(rest: Rest) -> None:
    assert_problem(rest("POST", "/shop.users.v1.Users/GetUser", {"userId": "u1"}), 404, "NOT_FOUND")
    assert_problem(rest("POST", "/grpc.health.v1.Health/Check", {}), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        (b"GET /api/users/u1 HTTP/1.1", b"host: x\r\nunder_score: 1\r\n", 400),
        (b"GET /api/users/u1 HTTP/1.1", b"", 400),
        (b"GET /api/users/u1 HTTP/1.0", b"host: x\r\n", 426),
        (b"GET /api/users/" + b"u" * 40_000 + b" HTTP/1.1", b"host: x\r\n", 431),
        (b"FOO /api/users/u1 HTTP/1.1", b"host: x\r\n", 400),
        (b"POST /api/users HTTP/1.1", b"host: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n", 400),
    ],
)
def test_what_envoy_refuses_before_its_filters(
    world: World, request_line: bytes, headers: bytes, status: int
) -> None:
    """In the one shape, but without CORS and an id: these are no requests yet."""
    with socket.create_connection(("127.0.0.1", world.addresses.gateway.port), timeout=60) as connection:
        connection.sendall(request_line + b"\r\n" + headers + b"\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (set(body), body["status"], body["requestId"]) == (MEMBERS, status, None)
