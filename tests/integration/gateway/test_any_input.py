"""Whatever comes in: the Lua of the edge filter is held against what Python and the services make of it."""

import base64

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.gateway.conftest import World
from tests.integration.gateway.problems import assert_problem

AS_OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)
U1 = b"\x00\x00\x00\x00\x04\n\x02u1"


@AS_OFTEN
@given(message=TEXT, field=TEXT)
def test_the_words_of_an_error_arrive_unchanged(world: World, message: str, field: str) -> None:
    user = {"displayName": message, "email": field}
    problem = assert_problem(
        world.rest("POST", "/api/users", {"userId": "echo", "user": user}), 400, "INVALID_ARGUMENT"
    )
    assert problem["detail"] == message
    assert problem["violations"] == [{"field": field, "rule": message, "message": field}]


@AS_OFTEN
@given(message=TEXT)
def test_so_do_those_of_an_error_with_details_that_nobody_knows(world: World, message: str) -> None:
    user = {"displayName": message}
    problem = assert_problem(
        world.rest("POST", "/api/users", {"userId": "hidden", "user": user}), 400, "FAILED_PRECONDITION"
    )
    assert problem["detail"] == message


@AS_OFTEN
@given(
    value=st.text("AQgwYZab01+/=-_,!", max_size=9)
    | st.binary(max_size=20).map(lambda b: base64.b64encode(b).decode())
)
def test_binary_metadata_is_refused_or_understood(world: World, value: str) -> None:
    """A value that passed and that the service could not read would fail later calls of others."""
    headers = {"content_type": "application/grpc", "te": "trailers", "foo_bin": value}
    answer = world.rest("POST", "/shop.users.v1.Users/GetUser", raw=U1, **headers)
    if answer.headers.get("grpc-status") == "3":
        assert answer.headers["grpc-message"] == "malformed foo-bin"
    else:
        assert b"foo-bin: " in answer.body, answer
    assert world.rest("GET", "/api/users/u1").status == 200


@AS_OFTEN
@given(data=st.binary(max_size=12))
def test_a_path_is_refused_or_understood(world: World, data: bytes) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in data)
    answer = world.rest("GET", f"/api/users/x{escaped}")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        assert answer.status == 400, answer
    else:
        assert answer.json["id"] == f"x{text}"


@AS_OFTEN
@given(
    value=st.binary(min_size=1, max_size=30).map(bytes.hex) | st.text("0123456789abcdef%&=+?", max_size=12)
)
def test_a_query_never_makes_a_5xx(world: World, value: str) -> None:
    assert world.rest("GET", f"/api/users?page_token={value}").status in {200, 400}
