"""The orders service, with real users and catalog servers behind it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.type.money_pb2 import Money

from protomesh.testing import eventually
from shop_pb.shop.catalog.v1 import catalog_pb2
from shop_pb.shop.orders.v1 import orders_pb2 as pb
from tests.integration.services.shop import ORDERS, Shop, types
from tests.support.contracts import callable_of

PLACED, CONFIRMED, REJECTED, CANCELLED = (
    pb.Order.STATE_PLACED,
    pb.Order.STATE_CONFIRMED,
    pb.Order.STATE_REJECTED,
    pb.Order.STATE_CANCELLED,
)


def placed(shop: Shop, user_id: str = "u1") -> tuple[pb.Order, tuple[str, str]]:
    me = shop.register(user_id)
    order: pb.Order = shop.order(me, user_id, ("coffee-mug", 2), ("notebook", 1)).response
    return order, me


def state(shop: Shop, order: pb.Order, me: tuple[str, str]) -> Any:
    return shop.orders.ask(
        "GetOrder", pb.GetOrderRequest(user_id=order.user_id, order_id=order.id), me
    ).response.state


def test_an_order_is_priced_by_the_catalog(shop: Shop) -> None:
    order, me = placed(shop)
    assert order.total == Money(currency_code="EUR", units=23, nanos=250_000_000)
    assert [(line.product_id, line.quantity, line.price.units) for line in order.lines] == [
        ("coffee-mug", 2, 9),
        ("notebook", 1, 4),
    ]
    assert (order.state, order.user_id, order.delivery_address, order.etag) == (PLACED, "u1", "here", "v1")
    found = shop.orders.ask("GetOrder", pb.GetOrderRequest(user_id="u1", order_id=order.id), me).response
    assert found == order
    assert types(shop.orders) == ["shop.audit.attempt.v1", "shop.orders.order.placed.v1"]
    assert [row.key for row in shop.orders.outbox()] == [b"u1", order.id.encode()]


def test_a_price_that_changes_later_changes_no_order(shop: Shop) -> None:
    order, me = placed(shop)
    dearer = catalog_pb2.Product(price=Money(currency_code="EUR", units=99))
    shop.catalog.ask(
        "UpdateProduct", catalog_pb2.UpdateProductRequest(product_id="notebook", product=dearer), shop.admin
    )
    found = shop.orders.ask("GetOrder", pb.GetOrderRequest(user_id="u1", order_id=order.id), me).response
    assert found.total == order.total


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        ((), "INVALID_ARGUMENT", "at least one line"),
        ((("nothing", 1),), "INVALID_ARGUMENT", "there is no product nothing"),
        ((("coffee-mug", 0),), "INVALID_ARGUMENT", "quantity"),
        ((("coffee-mug", 1001),), "INVALID_ARGUMENT", "quantity"),
        ((("No Id", 1),), "INVALID_ARGUMENT", "product_id"),
        ((("coffee-mug", 1), ("teapot", 1)), "FAILED_PRECONDITION", "not for coffee"),
    ],
)
def test_what_cannot_be_ordered(
    shop: Shop, lines: tuple[tuple[str, int], ...], code: str, message: str
) -> None:
    me = shop.register("u1")
    answer = shop.order(me, "u1", *lines)
    assert (answer.code, message in answer.message) == (code, True), answer.message
    assert not shop.orders.ask("ListOrders", pb.ListOrdersRequest(user_id="u1"), me).response.orders
    assert "shop.orders.order.placed.v1" not in types(shop.orders)
    if "teapot" in dict(lines):
        assert answer.trailing["x-http-status"] == ["418"]


def test_currencies_do_not_mix(shop: Shop) -> None:
    product = catalog_pb2.Product(title="T", price=Money(currency_code="USD", units=1))
    request = catalog_pb2.CreateProductRequest(product_id="foreign", product=product)
    assert shop.catalog.ask("CreateProduct", request, shop.admin).code == "OK"
    answer = shop.order(shop.register("u1"), "u1", ("foreign", 1), ("notebook", 1))
    assert (answer.code, "one currency" in answer.message) == ("INVALID_ARGUMENT", True)


def test_nobody_orders_for_one_who_is_not_there(shop: Shop) -> None:
    answer = shop.order(shop.me("ghost"), "ghost", ("notebook", 1))
    assert (answer.code, answer.message) == ("FAILED_PRECONDITION", "there is no user ghost to order for")


def test_without_the_users_service_no_order_is_written(shop: Shop) -> None:
    me = shop.register("u1")
    shop.users.server.drain(1.0)
    assert shop.order(me, "u1", ("notebook", 1)).code == "UNAVAILABLE"
    assert "shop.orders.order.placed.v1" not in types(shop.orders)


def test_whose_orders_are_whose(shop: Shop) -> None:
    order, me = placed(shop)
    other = shop.register("u2")
    theirs = pb.GetOrderRequest(user_id="u1", order_id=order.id)
    assert shop.orders.ask("GetOrder", theirs, other).code == "PERMISSION_DENIED"
    as_own = pb.GetOrderRequest(user_id="u2", order_id=order.id)
    assert shop.orders.ask("GetOrder", as_own, other).code == "NOT_FOUND"
    assert (
        shop.orders.ask("CancelOrder", pb.CancelOrderRequest(user_id="u2", order_id=order.id), other).code
        == "NOT_FOUND"
    )
    change = pb.UpdateOrderRequest(user_id="u2", order_id=order.id, order=pb.Order(delivery_address="mine"))
    assert shop.orders.ask("UpdateOrder", change, other).code == "NOT_FOUND"
    assert shop.order(me, "u2", ("notebook", 1)).code == "PERMISSION_DENIED"
    assert shop.orders.ask("GetOrder", theirs, shop.admin).code == "OK"
    assert shop.orders.ask("GetOrder", theirs, shop.fulfil).code == "OK"
    assert state(shop, order, me) == PLACED


def test_the_address_changes_with_its_etag_while_the_order_is_open(shop: Shop) -> None:
    order, me = placed(shop)
    change = pb.UpdateOrderRequest(
        user_id="u1", order_id=order.id, order=pb.Order(delivery_address="there"), etag="v1"
    )
    assert shop.orders.ask("UpdateOrder", change, me).response.delivery_address == "there"
    assert shop.orders.ask("UpdateOrder", change, me).code == "ABORTED"
    shop.orders.ask("CancelOrder", pb.CancelOrderRequest(user_id="u1", order_id=order.id), me)
    change.etag = ""
    assert shop.orders.ask("UpdateOrder", change, me).code == "FAILED_PRECONDITION"
    change.update_mask.paths.append("state")
    assert shop.orders.ask("UpdateOrder", change, me).code == "INVALID_ARGUMENT"


def test_confirming_twice_is_one_confirmation(shop: Shop) -> None:
    order, me = placed(shop)
    for _ in range(2):
        confirmed = shop.orders.ask("ConfirmOrder", pb.ConfirmOrderRequest(order_id=order.id), shop.fulfil)
        assert (confirmed.response.state, confirmed.response.etag) == (CONFIRMED, "v2")
    assert types(shop.orders).count("shop.orders.order.confirmed.v1") == 1
    rejected = shop.orders.ask(
        "RejectOrder", pb.RejectOrderRequest(order_id=order.id, reason="no"), shop.fulfil
    )
    assert rejected.code == "FAILED_PRECONDITION"
    assert state(shop, order, me) == CONFIRMED


def test_a_rejection_says_why(shop: Shop) -> None:
    order, me = placed(shop)
    request = pb.RejectOrderRequest(order_id=order.id, reason="out of stock")
    assert shop.orders.ask("RejectOrder", request, me).code == "PERMISSION_DENIED"
    assert shop.orders.ask("RejectOrder", request, shop.fulfil).response.reason == "out of stock"


def test_one_of_two_ends_wins(shop: Shop) -> None:
    """Confirmed and rejected at once: one is told so, and one event tells of it."""
    order, me = placed(shop)
    asked: list[tuple[str, Any]] = [
        ("ConfirmOrder", pb.ConfirmOrderRequest(order_id=order.id)),
        ("RejectOrder", pb.RejectOrderRequest(order_id=order.id)),
    ]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda each: shop.orders.ask(*each, shop.fulfil).code, asked))
    assert sorted(codes) == ["FAILED_PRECONDITION", "OK"]
    ends = {"shop.orders.order.confirmed.v1", "shop.orders.order.rejected.v1"}
    assert len(ends & set(types(shop.orders))) == 1
    assert state(shop, order, me) in {CONFIRMED, REJECTED}


def test_pages_of_orders(shop: Shop) -> None:
    me = shop.register("u1")
    made = sorted(shop.order(me, "u1", ("notebook", 1)).response.id for _ in range(3))
    first = shop.orders.ask("ListOrders", pb.ListOrdersRequest(user_id="u1", page_size=2), me).response
    request = pb.ListOrdersRequest(user_id="u1", page_size=2, page_token=first.next_page_token)
    second = shop.orders.ask("ListOrders", request, me).response
    assert [order.id for page in (first, second) for order in page.orders] == made


def test_a_watch_tells_each_state_and_ends_with_the_server(shop: Shop) -> None:
    order, me = placed(shop)
    method = shop.orders.contract.methods[f"{ORDERS}/WatchOrder"]
    watch = callable_of(shop.orders.contract, method, shop.orders.channel)
    request = pb.WatchOrderRequest(user_id="u1", order_id=order.id)
    steps = watch(request, timeout=60.0, metadata=(me,))
    assert next(steps).item.state == PLACED
    shop.orders.ask("ConfirmOrder", pb.ConfirmOrderRequest(order_id=order.id), shop.fulfil)
    step = next(steps)
    assert (step.item.state, step.cursor) == (CONFIRMED, "v2")
    resumed = watch(
        pb.WatchOrderRequest(user_id="u1", order_id=order.id, after="v2"), timeout=60.0, metadata=(me,)
    )
    shop.orders.ask("CancelOrder", pb.CancelOrderRequest(user_id="u1", order_id=order.id), me)
    assert next(resumed).item.state == CANCELLED, "what was seen before is not told again"
    assert next(steps).item.state == CANCELLED
    shop.orders.stopping.set()
    assert list(steps) == []
    assert list(resumed) == []


@pytest.mark.parametrize("confirmed", [False, True], ids=["placed", "confirmed"])
def test_an_order_that_may_hold_stock_is_not_removed(shop: Shop, *, confirmed: bool) -> None:
    order, me = placed(shop)
    if confirmed:
        shop.orders.ask("ConfirmOrder", pb.ConfirmOrderRequest(order_id=order.id), shop.fulfil)
    before, named = types(shop.orders), "confirmed" if confirmed else "placed"
    refused = shop.orders.ask(
        "DeleteOrder", pb.DeleteOrderRequest(user_id="u1", order_id=order.id), shop.admin
    )
    assert refused.code == "FAILED_PRECONDITION"
    assert refused.message == f"order {order.id} is {named}: cancel it first, then it can be removed"
    assert state(shop, order, me) == (CONFIRMED if confirmed else PLACED)
    new = types(shop.orders)[len(before) :]
    assert not [each for each in new if each.startswith("shop.orders.")], "a refusal changes no order"


def test_a_watch_of_an_order_that_is_removed(shop: Shop) -> None:
    order, me = placed(shop)
    method = shop.orders.contract.methods[f"{ORDERS}/WatchOrder"]
    request = pb.WatchOrderRequest(user_id="u1", order_id=order.id)
    steps = callable_of(shop.orders.contract, method, shop.orders.channel)(
        request, timeout=60.0, metadata=(me,)
    )
    next(steps)
    delete = pb.DeleteOrderRequest(user_id="u1", order_id=order.id)
    assert shop.orders.ask("DeleteOrder", delete, me).code == "PERMISSION_DENIED"
    shop.orders.ask("CancelOrder", pb.CancelOrderRequest(user_id="u1", order_id=order.id), me)
    assert next(steps).item.state == CANCELLED
    assert shop.orders.ask("DeleteOrder", delete, shop.admin).code == "OK"
    with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
        next(steps)
    eventually(
        lambda: (
            shop.orders.ask("GetOrder", pb.GetOrderRequest(user_id="u1", order_id=order.id), me).code
            == "NOT_FOUND"
        )
    )
