"""Requests as one writes them down."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protomesh.cli.body import fill_field
from protomesh.cli.request import read
from protomesh.contract import Contract
from protomesh.errors import MeshError
from tests.unit.cli.conftest import ROOT

CONTRACT = Contract.load(ROOT / "gen" / "descriptors.binpb", "shop_pb")


def asked(text: str, body: str = "") -> tuple[str, Any]:
    found = read(CONTRACT, text, body)
    return found.method.full_name, found.message


def test_path_variables_and_query_become_fields() -> None:
    method, message = asked("get /api/users/u1/orders?page_size=3&pageToken=x%20y")
    assert method == "shop.orders.v1.Orders/ListOrders"
    assert (message.user_id, message.page_size, message.page_token) == ("u1", 3, "x y")


def test_a_verb_behind_a_colon_is_no_part_of_the_variable() -> None:
    method, message = asked("POST /api/users/u1/orders/o1:cancel")
    assert method == "shop.orders.v1.Orders/CancelOrder"
    assert (message.user_id, message.order_id) == ("u1", "o1")
    assert asked("GET /api/users/u1/orders/o1")[0] == "shop.orders.v1.Orders/GetOrder"


def test_head_counts_as_get() -> None:
    assert asked("HEAD /api/products")[0] == "shop.catalog.v1.Catalog/ListProducts"


def test_a_body_is_the_message_or_its_field_and_variables_come_last() -> None:
    method, message = asked("POST /api/users", '{"userId": "u1", "user": {"displayName": "U"}}')
    assert method == "shop.users.v1.Users/CreateUser"
    assert (message.user_id, message.user.display_name) == ("u1", "U")


def test_a_grpc_name_takes_the_request_as_its_body() -> None:
    method, message = asked("shop.users.v1.Users/GetUser", '{"userId": "u1"}')
    assert (method, message.user_id) == ("shop.users.v1.Users/GetUser", "u1")


@pytest.mark.parametrize(
    ("text", "body", "why"),
    [
        ("POST /api/user", "", "no method answers POST /api/user, did you mean 'POST /api/users'"),
        ("shop.users.v1.Users/GetUsr", "", "did you mean 'shop.users.v1.Users/GetUser'"),
        ("GET /api/users?page_size=many", "", "page_size: "),
        ("GET /api/users?nope=1", "", "nope: "),
        ("POST /api/users", "{", "--body is no shop.users.v1.CreateUserRequest: not JSON: Expecting"),
        ("POST /api/users", "[]", "--body is no shop.users.v1.CreateUserRequest: write an object"),
        ("POST /api/users", "[" * 9000, "too deeply nested"),
        ("POST /api/users", '{"user_id": "a", "user_id": "b"}', "the field 'user_id' stands twice"),
        ("POST /api/users", '{"usr": {}}', "unknown field 'usr', did you mean 'user'"),
        ("POST /api/users", '{"user": {"emial": "x"}}', "unknown field 'user.emial', did you mean 'email'"),
        ("POST /api/users", '{"user": {"createTime": "x"}}', "--body is no shop.users.v1.CreateUserReq"),
        (
            "POST /api/users/u1/orders",
            '{"lines": [{}, {"quantty": 1}]}',
            "--body is no shop.orders.v1.Order: unknown field 'order.lines.quantty', did you mean 'quantity'",
        ),
        ("GET /api/users/u1", "{}", "GET /api/users/{user_id} takes no body"),
        ("PUT /api/users/u1", "", "no method answers PUT /api/users/u1: that path takes GET, HEAD, DELETE"),
        ("GET /api/users/u1/orders/o1:cancel", "", "that path takes POST"),
        ("POST /api/users/u1/orders/o1:cancle", "", "did you mean 'POST /api/users/u1/orders/o1:cancel'"),
        ("HEAD /api/users/u1/orders/o1:watch", "", "that path takes GET"),
        ("GET /api/usrs/u1", "", "did you mean 'GET /api/users/u1'"),
        (
            "GET /api/users?page_sze=3",
            "",
            "page_sze: no such field in shop.users.v1.ListUsersRequest, did you",
        ),
        ("GET /api/users?page_size.x=3", "", "page_size.x: no such field"),
    ],
)
def test_what_is_wrong_is_told(text: str, body: str, why: str) -> None:
    with pytest.raises(MeshError) as refused:
        asked(text, body)
    assert why in str(refused.value)


def test_each_kind_of_call_can_be_asked_about(ring_contract: Contract) -> None:
    for name in ("Say", "Count", "Gather", "Chat"):
        found = read(ring_contract, f"ring.v1.Ring/{name}", '{"id": "a", "tags": {"k": "v"}}')
        assert (found.method.name, found.verb, found.message.id) == (name, "", "a")  # type: ignore[attr-defined]  # ring.v1.Note, whose class comes out of its descriptor


def test_texts_of_the_query_become_values(ring_contract: Contract) -> None:
    message: Any = read(ring_contract, "GET /api/rooms/r%201/notes/n?times=3&text=&etag=a%3Db", "").message
    assert (message.room_id, message.id, message.times, message.text, message.etag) == (
        "r 1",
        "n",
        3,
        "",
        "a=b",
    )


def test_a_list_grows_by_each_value_and_bools_are_words() -> None:
    caller: Any = CONTRACT.message("mesh.policy.v1.Identity")()
    fill_field(caller, "roles", "a")
    fill_field(caller, "roles", "b")
    assert list(caller.roles) == ["a", "b"]
    issuer: Any = CONTRACT.message("mesh.policy.v1.Issuer")()
    fill_field(issuer, "services", "true")
    assert issuer.services is True
    with pytest.raises(MeshError, match="services: "):
        fill_field(issuer, "services", "yes")


def test_a_raw_body_is_taken_as_it_stands() -> None:
    method, message = asked("POST /login", "user_id=u1&password=x")
    assert method == "mesh.identity.v1.Identity/SubmitLogin"
    assert message.form.data == b"user_id=u1&password=x"


@example("\\:", "")
@given(st.text(), st.text(max_size=20))
def test_any_text_is_a_request_or_refused(text: str, body: str) -> None:
    for each in (text, f"GET /api/users/{text}", f"GET /api/users?{text}"):
        try:
            assert read(CONTRACT, each, body).method.full_name in CONTRACT.methods
        except MeshError:
            continue
