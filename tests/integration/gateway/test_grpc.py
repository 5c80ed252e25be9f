"""Native gRPC and gRPC-Web on the same port."""

from collections.abc import Iterable, Iterator
from typing import cast

import grpc
import pytest

from shop_pb.shop.orders.v1 import orders_pb2, orders_pb2_grpc
from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.integration.gateway.clients import ORIGIN, Rest
from tests.integration.gateway.conftest import BODY_BYTES, World

DEADLINE = 60.0
U1 = b"\x00\x00\x00\x00\x04\n\x02u1"


@pytest.fixture
def channel(world: World) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(world.target) as opened:
        yield opened


@pytest.fixture
def users(channel: grpc.Channel) -> users_pb2_grpc.UsersStub:
    return users_pb2_grpc.UsersStub(channel)


def get(users: users_pb2_grpc.UsersStub, name: str, *metadata: tuple[str, str | bytes]) -> users_pb2.User:
    return users.GetUser(users_pb2.GetUserRequest(user_id=name), timeout=DEADLINE, metadata=metadata)


def failure(users: users_pb2_grpc.UsersStub, name: str) -> grpc.Call:
    with pytest.raises(grpc.RpcError) as caught:
        get(users, name)
    return cast("grpc.Call", caught.value)


def keys(metadata: Iterable[tuple[str, str | bytes]]) -> set[str]:
    return {key for key, _ in metadata}


def test_a_call_carries_its_metadata_and_no_word_of_rest(users: users_pb2_grpc.UsersStub) -> None:
    spoof = (("x-envoy-original-path", "/a"), ("x-envoy-original-method", "GET"), ("x-http-status", "204"))
    cause = (("x-causation-id", "e1"), ("x-correlation-id", "c1"))
    told = get(users, "u1", *spoof, *cause, ("foo-bin", b"\x00\xff"), ("x-own", "z")).display_name
    assert "x-own: z" in told
    assert "foo-bin: b'\\x00\\xff'" in told
    removed = ("x-envoy-original", "x-http-status", "x-causation-id", "x-correlation-id")
    assert not [name for name in removed if name in told]


def test_the_status_header_of_rest_does_not_reach_grpc(users: users_pb2_grpc.UsersStub) -> None:
    _, call = users.GetUser.with_call(users_pb2.GetUserRequest(user_id="ok-201"), timeout=DEADLINE)
    assert "link" in keys(call.initial_metadata())
    assert "x-http-status" not in keys(call.initial_metadata()) | keys(call.trailing_metadata())


@pytest.mark.parametrize("name", ["fail-9-418", "late-418"])
def test_an_error_is_plain_and_keeps_its_metadata(users: users_pb2_grpc.UsersStub, name: str) -> None:
    error = failure(users, name)
    assert error.code() in {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED}
    assert error.details() == "told to fail"
    assert "retry-after" in keys(error.trailing_metadata())
    assert "x-http-status" not in keys(error.trailing_metadata())


def test_details_pass(users: users_pb2_grpc.UsersStub) -> None:
    error = failure(users, "violations")
    assert "grpc-status-details-bin" in keys(error.trailing_metadata())


def test_a_stream(channel: grpc.Channel) -> None:
    watch = orders_pb2_grpc.OrdersStub(channel).WatchOrder
    steps = watch(orders_pb2.WatchOrderRequest(user_id="u1", order_id="o1"), timeout=DEADLINE)
    assert [step.cursor for step in steps] == ["1", "2"]


@pytest.mark.parametrize(
    "path",
    [
        "/shop.orders.v1.Orders/ConfirmOrder",
        "/shop.users.v1.Users/Nope",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/api/users/u1",
    ],
)
def test_internal_methods_health_and_unknown_ones_do_not_exist(channel: grpc.Channel, path: str) -> None:
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=DEADLINE)
    error = cast("grpc.Call", caught.value)
    assert (error.code(), error.details()) == (grpc.StatusCode.UNIMPLEMENTED, "no such method")


def test_a_message_that_is_too_large(users: users_pb2_grpc.UsersStub) -> None:
    error = failure(users, "x" * BODY_BYTES)
    assert (error.code(), error.details()) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "the request body is too large",
    )


@pytest.mark.parametrize("value", ["!!", "YQ==,YQ==", "Y", "YQ=", "YR==", "YWJ=", "a-_b", "YWJj====", "="])
def test_malformed_binary_metadata_never_reaches_the_shared_connection(rest: Rest, value: str) -> None:
    answer = rest(
        "POST",
        "/shop.users.v1.Users/GetUser",
        raw=U1,
        content_type="application/grpc",
        te="trailers",
        foo_bin=value,
    )
    assert (answer.headers["grpc-status"], answer.headers["grpc-message"]) == ("3", "malformed foo-bin"), (
        answer
    )
    assert rest("GET", "/api/users/u1").status == 200


@pytest.mark.parametrize("value", ["junk", "", "1", "S", "123456789S", "-1S", "1.5S", "1s"])
def test_a_malformed_timeout(rest: Rest, value: str) -> None:
    answer = rest(
        "POST", "/shop.users.v1.Users/GetUser", raw=U1, content_type="application/grpc", grpc_timeout=value
    )
    assert (answer.headers["grpc-status"], answer.headers["grpc-message"]) == (
        "3",
        "malformed grpc-timeout",
    ), answer


def test_grpc_web_from_another_origin(rest: Rest) -> None:
    answer = rest(
        "POST",
        "/shop.users.v1.Users/GetUser",
        raw=U1,
        content_type="application/grpc-web+proto",
        x_grpc_web="1",
    )
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert b"\x0a\x02u1" in answer.body
    assert b"grpc-status:0" in answer.body
    unknown = rest("POST", "/shop.users.v1.Users/Nope", raw=U1, content_type="application/grpc-web+proto")
    assert (unknown.headers["grpc-status"], unknown.headers["access-control-allow-origin"]) == ("12", ORIGIN)
