"""Orders fulfilled over a small catalog in memory."""

from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty

from functions.fulfil_order.main import fulfil_order
from protomesh.contract import Contract
from protomesh.errors import FailedPrecondition, NotFound, Unavailable
from protomesh.testing import FunctionHarness, LoopbackClients
from shop_pb.shop.catalog.v1.catalog_pb2 import ReleaseStockRequest, Reservation, ReserveStockRequest
from shop_pb.shop.orders.v1.orders_pb2 import (
    ConfirmOrderRequest,
    GetOrderRequest,
    Order,
    OrderLine,
    RejectOrderRequest,
)

EVENT = Path(__file__).with_name("event.json")


class Shop:
    """Catalog and orders in one, as the contract promises; `fails` names calls that once get no answer."""

    def __init__(self, stock: int, state: "Order.State.ValueType", fails: list[str]) -> None:
        self.stock = stock
        self.order = Order(
            id="o1", user_id="u1", state=state, lines=[OrderLine(product_id="tea", quantity=2)]
        )
        self.reserved: dict[str, int] = {}
        self.released: set[str] = set()
        self.fails = fails

    def passes(self, when: str, call: str) -> None:
        """For a test that wants something to happen `before` or `after` a call."""

    def GetOrder(self, request: GetOrderRequest) -> Order:
        """As in the contract."""
        self.passes("before", "GetOrder")
        if request.order_id != self.order.id:
            raise NotFound("no such order")
        answer = Order()
        answer.CopyFrom(self.order)
        self._done("GetOrder")
        return answer

    def ReserveStock(self, request: ReserveStockRequest) -> Reservation:
        """Once per order, and never after a release."""
        self.passes("before", "ReserveStock")
        if request.order_id in self.released:
            raise FailedPrecondition(f"the stock of order {request.order_id} was given back")
        (line,) = request.lines
        if line.product_id != "tea":
            raise NotFound(f"no product {line.product_id}")
        if request.order_id not in self.reserved:
            if line.quantity > self.stock:
                raise FailedPrecondition("only 1 of tea is left")
            self.stock -= line.quantity
            self.reserved[request.order_id] = line.quantity
        self._done("ReserveStock")
        return Reservation(order_id=request.order_id, lines=request.lines)

    def ReleaseStock(self, request: ReleaseStockRequest) -> Empty:
        """Once per order."""
        self.released.add(request.order_id)
        self.stock += self.reserved.pop(request.order_id, 0)
        self._done("ReleaseStock")
        return Empty()

    def ConfirmOrder(self, request: ConfirmOrderRequest) -> Order:
        """As in the contract."""
        return self._move(request.order_id, Order.STATE_CONFIRMED, "ConfirmOrder")

    def RejectOrder(self, request: RejectOrderRequest) -> Order:
        """As in the contract."""
        self.order.reason = request.reason
        return self._move(request.order_id, Order.STATE_REJECTED, "RejectOrder")

    def _move(self, order_id: str, state: "Order.State.ValueType", call: str) -> Order:
        self.passes("before", call)
        assert order_id == self.order.id
        if self.order.state not in {Order.STATE_PLACED, state}:
            raise FailedPrecondition("the order is settled")
        self.order.state = state
        self._done(call)
        return self.order

    def _done(self, call: str) -> None:
        """Done, though whoever called may not hear of it."""
        self.passes("after", call)
        if call in self.fails:
            self.fails.remove(call)
            raise Unavailable(f"{call} got no answer")


def fulfil(tmp_path: Path, shop: Shop) -> FunctionHarness:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    services: dict[str, object] = {"shop.orders.v1.Orders": shop, "shop.catalog.v1.Catalog": shop}
    mesh = FunctionHarness([fulfil_order], contract, LoopbackClients(contract, services), tmp_path)
    event = mesh.emit_file("orders", EVENT)
    mesh.emit_event("orders", event)
    mesh.run_until_idle()
    assert not mesh.dead_letters
    return mesh


CALLS = ["GetOrder", "ReserveStock", "ConfirmOrder", "ReleaseStock", "RejectOrder"]


@pytest.mark.parametrize("fails", [[], *([call] for call in CALLS), CALLS])
def test_an_order_is_confirmed_once_whatever_has_to_be_repeated(tmp_path: Path, fails: list[str]) -> None:
    shop = Shop(stock=5, state=Order.STATE_PLACED, fails=list(fails))
    fulfil(tmp_path, shop)
    assert (shop.order.state, shop.stock) == (Order.STATE_CONFIRMED, 3)


@pytest.mark.parametrize("fails", [[], *([call] for call in CALLS), CALLS])
def test_an_order_beyond_the_stock_is_rejected_with_the_reason(tmp_path: Path, fails: list[str]) -> None:
    shop = Shop(stock=1, state=Order.STATE_PLACED, fails=list(fails))
    fulfil(tmp_path, shop)
    assert (shop.order.state, shop.stock) == (Order.STATE_REJECTED, 1)
    assert shop.order.reason == "only 1 of tea is left"


def test_an_unknown_product_is_a_refusal(tmp_path: Path) -> None:
    shop = Shop(stock=5, state=Order.STATE_PLACED, fails=[])
    shop.order.lines[0].product_id = "coffee"
    fulfil(tmp_path, shop)
    assert (shop.order.state, shop.order.reason) == (Order.STATE_REJECTED, "no product coffee")


def test_an_order_called_off_gives_back_what_was_reserved(tmp_path: Path) -> None:
    shop = Shop(stock=3, state=Order.STATE_CANCELLED, fails=[])
    shop.reserved["o1"] = 2
    fulfil(tmp_path, shop)
    assert (shop.order.state, shop.stock) == (Order.STATE_CANCELLED, 5)


@pytest.mark.parametrize("given_back", [False, True])
def test_an_order_called_off_between_reading_and_confirming_keeps_no_stock(
    tmp_path: Path, given_back: bool
) -> None:
    class Buyer(Shop):
        """Calls the order off while its stock is being reserved; its stock may be given back, too."""

        def passes(self, when: str, call: str) -> None:
            """As in Shop."""
            if (when, call) == ("after", "ReserveStock"):
                self.order.state = Order.STATE_CANCELLED
                if given_back:
                    self.ReleaseStock(ReleaseStockRequest(order_id="o1"))

    shop = Buyer(stock=5, state=Order.STATE_PLACED, fails=[])
    fulfil(tmp_path, shop)
    assert (shop.order.state, shop.stock) == (Order.STATE_CANCELLED, 5)


def test_an_order_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    shop = Shop(stock=5, state=Order.STATE_PLACED, fails=[])
    shop.order.id = "another"
    fulfil(tmp_path, shop)
    assert shop.stock == 5


def test_an_order_that_is_gone_keeps_nothing_of_an_earlier_try(tmp_path: Path) -> None:
    class Removed(Shop):
        """An admin removes the order while its confirmation gets no answer."""

        def passes(self, when: str, call: str) -> None:
            """As in Shop."""
            if (when, call) == ("before", "ConfirmOrder"):
                self.order.id = "another"
                raise Unavailable("ConfirmOrder got no answer")

    shop = Removed(stock=5, state=Order.STATE_PLACED, fails=[])
    fulfil(tmp_path, shop)
    assert (shop.stock, shop.reserved) == (5, {})
