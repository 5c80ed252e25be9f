"""What a stranger may not say, and what the gateway says instead."""

import http.client
import socket
from contextlib import suppress
from typing import Any

import grpc
import pytest

from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.integration.gateway.clients import Rest, eventually, http2
from tests.integration.gateway.conftest import World

INTERNAL = (
    "x-http-status",
    "x-service-authorization",
    "x-causation-id",
    "x-correlation-id",
    "x-envoy-original-authority",
    "x-envoy-max-retries",
    "x-mesh-anything",
    "x-identity-subject",
    "x-authenticated-user",
    "x-user",
    "x-user-id",
    "x-forwarded-user",
    "x-remote-user",
)
ONLY_GRPC = ("grpc-foo", "grpc-encoding", "foo-bin", "grpc-tags-bin", "lb-token")


@pytest.mark.parametrize("name", [*INTERNAL, *ONLY_GRPC])
def test_a_rest_caller_cannot_say_what_is_internal(rest: Rest, name: str) -> None:
    headers: dict[str, Any] = {name: "spoofed", "x-own": "kept"}
    answer = rest("GET", "/api/users/u1", **headers)
    assert answer.status == 200, answer
    assert "x-own: kept" in answer.json["displayName"]
    assert "spoofed" not in answer.json["displayName"]


@pytest.mark.parametrize("name", ["0^", "x!y", "Qt`BA4R", ".wo%'&", "a|b", "x~", "#", "$1", "*", "a+b"])
def test_a_header_that_grpc_cannot_carry_fails_no_call(rest: Rest, name: str) -> None:
    headers: dict[str, Any] = {name: "odd", "x-own.1": "kept"}
    answer = rest("GET", "/api/users/u1", **headers)
    assert answer.status == 200, answer
    assert "x-own.1: kept" in answer.json["displayName"]
    assert "odd" not in answer.json["displayName"]


@pytest.mark.parametrize("name", INTERNAL)
def test_a_grpc_caller_cannot_either(world: World, name: str) -> None:
    with grpc.insecure_channel(world.target) as channel:
        told = users_pb2_grpc.UsersStub(channel).GetUser(
            users_pb2.GetUserRequest(user_id="u1"),
            timeout=60,
            metadata=((name, "spoofed"), ("x-own", "kept")),
        )
    assert "x-own: kept" in told.display_name
    assert "spoofed" not in told.display_name


def test_a_cookie_comes_with_the_host_that_the_browser_asked(world: World, rest: Rest) -> None:
    told = rest("GET", "/api/users/u1", cookie="a=1", x_forwarded_proto="https").json["displayName"]
    lines = told.splitlines()
    assert f"x-envoy-original-authority: {world.target}" in lines, told
    assert "x-forwarded-proto: http" in lines, told
    assert "x-forwarded-proto: https" not in lines, told
    assert "x-envoy-original-authority" not in rest("GET", "/api/users/u1").json["displayName"]


def raw(world: World, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", world.addresses.gateway.port), timeout=60) as connection:
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_cookies_of_two_lines_are_one_list(world: World) -> None:
    lines = "host: x\r\ncookie: a=1\r\ncookie: b=2\r\nconnection: close\r\n\r\n"
    assert b"cookie: a=1; b=2" in raw(world, f"GET /api/users/u1 HTTP/1.1\r\n{lines}")


def test_cookies_of_two_fields_over_http2_are_one_list_too(world: World) -> None:
    """RFC 9113, 8.2.3: a browser may send each in a field of its own."""
    fields = ("-H", "cookie: a=1", "-H", "cookie: b=2")
    answer = http2(world.addresses.gateway.port, "GET", "/api/users/u1", *fields)
    assert "cookie: a=1; b=2" in answer.json["displayName"], answer


@pytest.mark.parametrize("path", ["/api/users/u1", "/api/nope"])
def test_two_authorization_headers_are_none(world: World, path: str) -> None:
    connection = http.client.HTTPConnection(world.target, timeout=60)
    connection.putrequest("GET", path)
    for value in ("Bearer a", "Bearer b"):
        connection.putheader("Authorization", value)
    connection.putheader("Origin", "https://app.example")
    connection.endheaders()
    response = connection.getresponse()
    text = response.read()
    assert (response.status, response.headers["content-type"]) == (401, "application/problem+json"), text
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_request"'
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert b'"UNAUTHENTICATED"' in text
    connection.close()


def test_two_authorization_headers_are_none_over_grpc(world: World) -> None:
    twice = (("authorization", "Bearer a"), ("authorization", "Bearer b"))
    with grpc.insecure_channel(world.target) as channel, pytest.raises(grpc.RpcError) as caught:
        users_pb2_grpc.UsersStub(channel).GetUser(
            users_pb2.GetUserRequest(user_id="u1"), timeout=60, metadata=twice
        )
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


HOSTILE = [
    ("grpc-timeout", "junk"),
    ("grpc-timeout", "99999999999999S"),
    ("grpc-encoding", "junk"),
    ("grpc-encoding", "gzip"),
    ("grpc-encoding", "\x80\xff"),
    ("grpc-accept-encoding", "junk, \x01"),
    ("foo-bin", "!!!"),
    ("grpc-tags-bin", "!!!"),
    ("grpc-trace-bin", "!!!"),
    ("grpc-previous-rpc-attempts", "-1"),
    ("grpc-retry-pushback-ms", "junk"),
    ("grpc-status", "junk"),
    ("te", "junk"),
    ("content-encoding", "junk"),
    ("user-agent", "\x80"),
    ("lb-token", "\xff"),
    ("traceparent", "junk"),
]


HARMLESS: tuple[tuple[str, str | bytes], ...] = (
    ("foo-bin", b"\x00"),
    ("grpc-trace-bin", b"\x01"),
    ("traceparent", "1"),
)
"""The same names, as another client may well send them."""


@pytest.mark.parametrize(("name", "value"), HOSTILE)
def test_one_clients_bad_header_does_not_harm_another(
    world: World, rest: Rest, name: str, value: str
) -> None:
    """A fault that the gRPC core remembers in its connection would show in the calls of another client."""
    body = b"\x00\x00\x00\x00\x04\n\x02u1"
    harmless = {"te": "trailers"} if name != "te" else {}
    for _ in range(4):  # both replicas, twice
        headers = {**harmless, name: value, "content-type": "application/grpc"}
        with suppress(http.client.HTTPException):  # a connection that is closed is an answer too
            rest("POST", "/shop.users.v1.Users/GetUser", raw=body, **headers)
    own = tuple((each, good) for each, good in HARMLESS if each == name)
    with grpc.insecure_channel(world.target) as channel:
        users = users_pb2_grpc.UsersStub(channel)
        for _ in range(4):
            request = users_pb2.GetUserRequest(user_id="u1")
            assert users.GetUser(request, timeout=50, metadata=own).id == "u1"
            assert users.GetUser(request, timeout=50, compression=grpc.Compression.Gzip).id == "u1"
    assert rest("GET", "/api/users/u1").status == 200


def test_the_log_names_no_secret(world: World, rest: Rest) -> None:
    headers: dict[str, Any] = {
        "authorization": "Bearer s3cret-a",
        "cookie": "protomesh_token=s3cret-b",
        "referer": "/?s3cret-c",
    }
    secret = ("/api/users/u1?pageToken=s3cret-d", "/api/nope?token=s3cret-e", "/login?return_to=s3cret-f")
    asked = {rest("GET", path, **headers).headers["x-request-id"] for path in secret}
    with grpc.insecure_channel(world.target) as channel:
        users_pb2_grpc.UsersStub(channel).GetUser(
            users_pb2.GetUserRequest(user_id="u1"), timeout=60, metadata=tuple(headers.items())
        )
    eventually(
        lambda: rest("GET", "/api/nope"), lambda _: all(each in world.log.read_text() for each in asked)
    )
    assert "s3cret" not in world.log.read_text()
