"""Cancelled orders over a small catalog in memory, alone and in a race with their fulfilment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from functions.fulfil_order.main import fulfil_order
from functions.fulfil_order.test_main import EVENT as PLACED
from functions.fulfil_order.test_main import Shop
from functions.release_order.main import release_order
from protomesh.contract import Contract
from protomesh.testing import FunctionHarness, LoopbackClients
from shop_pb.shop.catalog.v1.catalog_pb2 import ReleaseStockRequest
from shop_pb.shop.orders.v1.orders_pb2 import Order

CANCELLED = Path(__file__).with_name("event.json")


def harness(tmp_path: Path, shop: Shop, *functions: Callable[..., object]) -> FunctionHarness:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    services: dict[str, object] = {"shop.orders.v1.Orders": shop, "shop.catalog.v1.Catalog": shop}
    return FunctionHarness(list(functions), contract, LoopbackClients(contract, services), tmp_path)


@pytest.mark.parametrize("fails", [[], ["ReleaseStock"]])
def test_the_stock_of_a_confirmed_order_comes_back_once(tmp_path: Path, fails: list[str]) -> None:
    shop = Shop(stock=3, state=Order.STATE_CANCELLED, fails=fails)
    shop.reserved["o1"] = 2
    mesh = harness(tmp_path, shop, release_order)
    mesh.emit_event("orders", mesh.emit_file("orders", CANCELLED))
    mesh.run_until_idle()
    assert shop.stock == 5
    assert not mesh.dead_letters


def test_a_placed_order_is_none_of_its_business(tmp_path: Path) -> None:
    shop = Shop(stock=3, state=Order.STATE_PLACED, fails=[])
    shop.reserved["o1"] = 2
    mesh = harness(tmp_path, shop, release_order)
    mesh.emit_file("orders", PLACED)
    mesh.run_until_idle()
    assert shop.stock == 3


class BuyerCancels(Shop):
    """The order is called off before or after its fulfilment's first call of a name.

    `at_once`: the stock is given back at that moment, too; otherwise when the functions' turn comes.
    """

    def __init__(self, moment: tuple[str, str], *, at_once: bool) -> None:
        super().__init__(stock=5, state=Order.STATE_PLACED, fails=[])
        self.told: Callable[[], object] = lambda: None
        self._moment: tuple[str, str] | None = moment
        self._at_once = at_once

    def passes(self, when: str, call: str) -> None:
        """See Shop."""
        if self._moment == (when, call):
            self._moment = None
            self.order.state = Order.STATE_CANCELLED
            if self._at_once:
                self.ReleaseStock(ReleaseStockRequest(order_id=self.order.id))
            self.told()


MOMENTS = [
    (when, call) for call in ("GetOrder", "ReserveStock", "ConfirmOrder") for when in ("before", "after")
]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
def test_whenever_the_buyer_cancels_no_stock_is_lost(
    tmp_path: Path, moment: tuple[str, str], at_once: bool
) -> None:
    shop = BuyerCancels(moment, at_once=at_once)
    mesh = harness(tmp_path, shop, fulfil_order, release_order)
    shop.told = lambda: mesh.emit_file("orders", CANCELLED)
    mesh.emit_file("orders", PLACED)
    mesh.run_until_idle()
    assert (shop.order.state, shop.stock, shop.reserved) == (Order.STATE_CANCELLED, 5, {})
    assert not mesh.dead_letters


def test_stock_given_back_before_the_fulfilment_begins_is_not_reserved(tmp_path: Path) -> None:
    shop = Shop(stock=5, state=Order.STATE_CANCELLED, fails=[])
    mesh = harness(tmp_path, shop, release_order, fulfil_order)
    mesh.emit_file("orders", CANCELLED)
    mesh.emit_file("orders", PLACED)
    mesh.run_until_idle()
    assert (shop.order.state, shop.stock, shop.reserved) == (Order.STATE_CANCELLED, 5, {})
    assert not mesh.dead_letters
