"""Requests as one writes them down."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("POST /api/users", "{", "--body is no shop.users.v1.CreateUserRequest"),
    ],
)
def test_what_is_wrong_is_told(text: str, body: str, why: str) -> None:
    with pytest.raises(MeshError) as refused:
        asked(text, body)
    assert why in str(refused.value)


@given(st.text(), st.text(max_size=20))
def test_any_text_is_a_request_or_refused(text: str, body: str) -> None:
    for each in (text, f"GET /api/users/{text}", f"GET /api/users?{text}"):
        try:
            read(CONTRACT, each, body)
        except MeshError:
            continue
