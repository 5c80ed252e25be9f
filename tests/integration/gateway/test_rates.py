"""How often one may ask, and how much at once. A gateway of its own for each test."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from protomesh.gateway import Addresses, Endpoint, render_dynamic
from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.integration.gateway.clients import ORIGIN, Rest, eventually
from tests.integration.gateway.conftest import World
from tests.integration.gateway.envoys import DEADLINE, free_port, running, write
from tests.integration.gateway.problems import assert_problem

Start = Callable[..., Rest]
PATH = "/api/users/u1"
SECRET = "eyJhbGciOiJub25lIn0.c2VjcmV0.c2ln"


@pytest.fixture
def start(world: World, tmp_path: Path) -> Iterator[Start]:
    """A gateway before the services of `world`, with these limits, ready once a service has answered.

    `/readyz` says so without a token of a bucket.
    """
    with ExitStack() as stack:

        def begin(**limits: int) -> Rest:
            gateway = world.manifest.gateway
            changed = gateway.limits.model_copy(update=limits)
            manifest = world.manifest.model_copy(
                update={"gateway": gateway.model_copy(update={"limits": changed})}
            )
            port = free_port()
            at = Addresses(Endpoint("127.0.0.1", port), world.addresses.services)
            admin = str(tmp_path / "admin.sock")
            write(tmp_path, render_dynamic(world.contract, manifest, at, folder=str(tmp_path), admin=admin))
            stack.enter_context(running(tmp_path / "bootstrap.json", port, tmp_path / "log"))
            eventually(lambda: Rest(port)("GET", "/readyz"), lambda answer: answer.status == 200)
            return Rest(port)

        yield begin
        assert "[lua]" not in (tmp_path / "log").read_text()


def statuses(rest: Rest, count: int, path: str = PATH, **headers: Any) -> list[int]:
    return [rest("GET", path, **headers).status for _ in range(count)]


def test_an_address_may_ask_as_often_as_said(start: Start) -> None:
    rest = start(requests_per_second=1, burst=3, identity_requests_per_second=0)
    found = statuses(rest, 12)
    assert found[:3] == [200] * 3, found
    assert 429 in found, found
    answer = eventually(lambda: rest("GET", PATH), lambda each: each.status == 429)
    problem = assert_problem(answer, 429, "RESOURCE_EXHAUSTED")
    assert problem["detail"] == "too many requests"
    assert int(answer.headers["retry-after"]) >= 1, answer
    assert "x-envoy-ratelimited" not in answer.headers, answer
    eventually(lambda: rest("GET", PATH), lambda each: each.status == 200)
    for path in ("/healthz", "/readyz"):
        assert set(statuses(rest, 20, path)) == {200}, path
    assert 429 in statuses(rest, 12, "/api/nope"), "what is not there is counted too"


def test_a_stranger_is_not_another_by_saying_so(start: Start) -> None:
    rest = start(requests_per_second=1, burst=3, identity_requests_per_second=0)
    found = [
        rest(
            "GET",
            PATH,
            x_forwarded_for=f"10.0.0.{at}",
            forwarded=f"for=10.0.0.{at}",
            x_real_ip=f"10.0.1.{at}",
        )
        for at in range(12)
    ]
    assert 429 in [each.status for each in found], found


def test_each_token_has_its_own(start: Start, tmp_path: Path) -> None:
    rest = start(requests_per_second=0, identity_requests_per_second=1, identity_burst=3)
    first = statuses(rest, 12, authorization=f"Bearer {SECRET}")
    assert first[:3] == [200] * 3, first
    assert 429 in first, first
    assert statuses(rest, 3, authorization="Bearer other") == [200] * 3
    assert statuses(rest, 12) == [200] * 12, "visitors have no token, and so no bucket of one"
    assert SECRET not in (tmp_path / "log").read_text()
    assert SECRET not in stats(tmp_path / "admin.sock")


def stats(admin: Path) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(admin))
        connection.sendall(b"GET /stats HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert "http_local_rate_limit" in text, text[:500]
    return text


def test_grpc_is_told_in_its_own_way(start: Start) -> None:
    rest = start(requests_per_second=1, burst=1, identity_requests_per_second=0)
    refused: set[tuple[object, object]] = set()
    with grpc.insecure_channel(f"127.0.0.1:{rest.port}") as channel:
        users = users_pb2_grpc.UsersStub(channel)
        for _ in range(8):
            try:
                users.GetUser(users_pb2.GetUserRequest(user_id="u1"), timeout=60)
            except grpc.RpcError as error:
                told = cast("grpc.Call", error)
                refused.add((told.code(), told.details()))
    assert refused == {(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests")}
    preflight: dict[str, Any] = {"access_control_request_method": "GET"}
    assert {rest("OPTIONS", PATH, **preflight).status for _ in range(8)} == {204}


def test_off_with_zero(start: Start) -> None:
    rest = start(requests_per_second=0, burst=0, identity_requests_per_second=0, identity_burst=0)
    assert set(statuses(rest, 40, authorization="Bearer x")) == {200}


def test_headers_have_a_size_and_a_number(start: Start) -> None:
    rest = start(header_kilobytes=2, headers=20)
    many: dict[str, Any] = {f"x-{at}": "a" for at in range(30)}
    assert rest("GET", PATH, x_long="a" * 1000).status == 200
    assert rest("GET", PATH, x_long="a" * 3000).status == 431
    assert rest("GET", PATH, **many).status == 431


def test_connections_have_a_number(start: Start) -> None:
    """What is one too many is closed, and its place is free again when another has gone."""
    rest = start(connections=3)
    held = [http.client.HTTPConnection("127.0.0.1", rest.port, timeout=60) for _ in range(3)]
    for each in held:
        each.request("GET", "/healthz")
        assert each.getresponse().read() == b""
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        rest("GET", "/healthz")
    held.pop().close()

    def once() -> int:
        try:
            return rest("GET", "/healthz").status
        except (ConnectionError, http.client.HTTPException):
            return 0

    end = time.monotonic() + DEADLINE
    while once() != 200:
        assert time.monotonic() < end, "the place never became free"
    for each in held:
        each.close()


def test_a_page_of_another_origin_can_read_it(start: Start) -> None:
    rest = start(requests_per_second=1, burst=1, identity_requests_per_second=0)
    answer = eventually(lambda: rest("GET", PATH), lambda each: each.status == 429)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in answer.headers["access-control-expose-headers"]
    assert json.loads(answer.body)["requestId"] == answer.headers["x-request-id"]


def test_each_address_has_its_own(start: Start) -> None:
    rest = start(requests_per_second=1, burst=3, identity_requests_per_second=0)

    def ask(source: str) -> int:
        line = http.client.HTTPConnection("127.0.0.1", rest.port, timeout=60, source_address=(source, 0))
        with closing(line):
            line.request("GET", PATH)
            return line.getresponse().status

    assert 429 in [ask("127.0.0.2") for _ in range(12)]
    assert [ask("127.0.0.3") for _ in range(3)] == [200] * 3
