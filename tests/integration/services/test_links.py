"""Links as callers get them: what each may do next, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.rpc import Call
from shop_pb.shop.catalog.v1 import catalog_pb2
from shop_pb.shop.orders.v1 import orders_pb2 as pb
from shop_pb.shop.users.v1 import users_pb2
from tests.integration.services.shop import Shop, Token
from tests.support.house import House, security_of


def rels(message: Any) -> dict[str, str]:
    """`{"cancel": "POST /api/users/u1/orders/o1:cancel"}`"""
    found = {each.rel: f"{each.method} {each.href}" for each in message.links}
    assert len(found) == len(message.links), "a link stands twice"
    return found


def placed(shop: Shop, me: Token) -> pb.Order:
    answer = shop.order(me, "u1", ("coffee-mug", 1))
    assert answer.code == "OK", answer.message
    order: pb.Order = answer.response
    return order


def got(shop: Shop, order: pb.Order, *who: Token) -> pb.Order:
    answer = shop.orders.ask("GetOrder", pb.GetOrderRequest(user_id="u1", order_id=order.id), *who)
    assert answer.code == "OK", answer.message
    found: pb.Order = answer.response
    return found


def test_the_owner_may_cancel_an_order_that_is_placed(shop: Shop) -> None:
    order = placed(shop, shop.register("u1"))
    at = f"/api/users/u1/orders/{order.id}"
    assert rels(order) == {
        "self": f"GET {at}",
        "collection": "GET /api/users/u1/orders",
        "update": f"PATCH {at}",
        "cancel": f"POST {at}:cancel",
        "watch": f"GET {at}:watch",
    }


def test_what_makes_no_sense_any_more_is_not_offered(shop: Shop) -> None:
    me = shop.register("u1")
    order = placed(shop, me)
    request = pb.CancelOrderRequest(user_id="u1", order_id=order.id)
    cancelled = shop.orders.ask("CancelOrder", request, me).response
    assert "cancel" not in rels(cancelled)
    assert "delete" not in rels(cancelled), "only an admin may"
    assert {"delete", "cancel"} & set(rels(got(shop, order, shop.admin))) == {"delete"}


def test_each_caller_has_links_of_their_own(shop: Shop) -> None:
    order = placed(shop, shop.register("u1"))
    admin = rels(got(shop, order, shop.admin))
    assert set(admin) == {"self", "collection", "cancel", "watch"}
    service = rels(got(shop, order, shop.fulfil))
    assert set(service) == {"self"}


def test_a_user_leads_to_orders(shop: Shop) -> None:
    me = shop.register("u1")
    request = users_pb2.GetUserRequest(user_id="u1")
    assert rels(shop.users.ask("GetUser", request, me).response) == {
        "self": "GET /api/users/u1",
        "delete": "DELETE /api/users/u1",
        "create-order": "POST /api/users/u1/orders",
        "orders": "GET /api/users/u1/orders",
    }
    assert "collection" in rels(shop.users.ask("GetUser", request, shop.admin).response)
    assert "create-order" not in rels(shop.users.ask("GetUser", request, shop.admin).response)


def test_a_visitor_may_look_but_not_touch(shop: Shop) -> None:
    request = catalog_pb2.GetProductRequest(product_id="coffee-mug")
    look = {"self": "GET /api/products/coffee-mug", "collection": "GET /api/products"}
    assert rels(shop.catalog.ask("GetProduct", request).response) == look
    admin = rels(shop.catalog.ask("GetProduct", request, shop.admin).response)
    assert admin == {
        **look,
        "update": "PATCH /api/products/coffee-mug",
        "delete": "DELETE /api/products/coffee-mug",
    }


def test_a_list_has_its_pages_and_its_items_their_links(shop: Shop) -> None:
    request = catalog_pb2.ListProductsRequest(page_size=2)
    first = shop.catalog.ask("ListProducts", request, shop.admin).response
    token = first.next_page_token
    assert rels(first) == {
        "self": "GET /api/products?pageSize=2",
        "first": "GET /api/products?pageSize=2",
        "next": f"GET /api/products?pageSize=2&pageToken={token}",
        "up": "GET /api",
        "create": "POST /api/products",
    }
    for product in first.products:
        assert rels(product)["delete"] == f"DELETE /api/products/{product.id}"
    request = catalog_pb2.ListProductsRequest(page_token=token)
    last = shop.catalog.ask("ListProducts", request).response
    assert set(rels(last)) == {"self", "first", "up"}
    assert [set(rels(each)) for each in last.products] == [{"self", "collection"}] * len(last.products)


def test_items_of_one_list_differ_where_they_are_different(shop: Shop) -> None:
    me = shop.register("u1")
    one, other = placed(shop, me), placed(shop, me)
    shop.orders.ask("CancelOrder", pb.CancelOrderRequest(user_id="u1", order_id=one.id), me)
    listed = shop.orders.ask("ListOrders", pb.ListOrdersRequest(user_id="u1"), me).response
    by_id = {each.id: rels(each) for each in listed.orders}
    assert "cancel" not in by_id[one.id]
    assert by_id[other.id] == rels(other)
    assert rels(listed)["create"] == "POST /api/users/u1/orders"
    assert rels(listed)["up"] == "GET /api/users/u1"


def headers(answer: Any) -> list[str]:
    return [each for value in answer.initial.get("link", []) for each in value.split(", ")]


def test_over_rest_the_links_are_headers_too(shop: Shop) -> None:
    order = placed(shop, shop.register("u1"))
    request = pb.GetOrderRequest(user_id="u1", order_id=order.id)
    answer = shop.orders.rest("GetOrder", request, shop.me("u1"))
    assert headers(answer) == [
        f"<{each.href}>;rel={each.rel}" + ("" if each.method == "GET" else f";method={each.method}")
        for each in answer.response.links
    ]


@pytest.mark.parametrize(("size", "pages"), [(2, {"self", "first", "next"}), (0, {"self", "first"})])
def test_a_list_over_rest_tells_each_link_once(shop: Shop, size: int, pages: set[str]) -> None:
    path = f"/api/products?pageSize={size}&x=%20"
    request = catalog_pb2.ListProductsRequest(page_size=size)
    answer = shop.catalog.rest("ListProducts", request, path=path)
    told = [each.partition("rel=")[2].partition(";")[0] for each in headers(answer)]
    assert sorted(told) == sorted({*pages, "up"})
    assert rels(answer.response)["self"] == f"GET {path}"


def test_no_event_has_links(shop: Shop) -> None:
    placed(shop, shop.register("u1"))
    values = [bytes(row.value) for house in (shop.orders, shop.users) for row in house.outbox()]
    assert values
    assert not [each for each in values if b"/api/" in each]


def test_links_that_a_client_sends_do_not_come_back(shop: Shop) -> None:
    me = shop.register("u1")
    sent = pb.Order(lines=[pb.OrderLine(product_id="coffee-mug", quantity=1)])
    sent.links.add(rel="self", href="https://elsewhere.example/")
    answer = shop.orders.ask("CreateOrder", pb.CreateOrderRequest(user_id="u1", order=sent), me)
    assert answer.code == "OK", answer.message
    assert not [each for each in answer.response.links if "elsewhere" in each.href]


def test_a_changed_policy_changes_the_links(shop: Shop) -> None:
    """As a running service takes it."""
    request = catalog_pb2.GetProductRequest(product_id="coffee-mug")
    rules = [{"on": ["GET /api/products/**", "DELETE /api/products/{product_id}"], "allow": ["anyone"]}]
    shop.catalog.links.take(security_of(shop.catalog.contract, rules))
    assert set(rels(shop.catalog.ask("GetProduct", request).response)) == {"self", "collection", "delete"}


class Keeps:
    """Answers with one message again and again."""

    def __init__(self) -> None:
        self.user = users_pb2.User(id="u1")

    def GetUser(self, _request: users_pb2.GetUserRequest, _call: Call) -> users_pb2.User:
        return self.user

    CreateUser = ListUsers = DeleteUser = GetUser


def test_a_response_that_the_handler_keeps_is_not_changed(tmp_path: Path, shop_contract: Contract) -> None:
    keeps = Keeps()
    house = House(tmp_path, shop_contract, lambda _context: {"shop.users.v1.Users": keeps})
    try:
        for _ in range(2):
            answer = house.ask("GetUser", users_pb2.GetUserRequest(user_id="u1"))
            assert set(rels(answer.response)) == {"self", "collection", "delete"}
    finally:
        house.close()
    assert not keeps.user.links
