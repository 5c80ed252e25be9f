"""The reference functions with the real services, by the project's own policies: stock follows the orders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.broker import Message, TopicSpec
from protomesh.contract import Contract
from protomesh.functions import FunctionHealth, Runtime, discover
from protomesh.rpc import MeshClients
from protomesh.testing import MemoryBroker, eventually
from shop_pb.shop.catalog.v1.catalog_pb2 import GetProductRequest
from shop_pb.shop.orders.v1.orders_pb2 import CancelOrderRequest, DeleteOrderRequest, GetOrderRequest, Order
from tests.integration.services.shop import CATALOG, ORDERS, USERS, Policies, Shop

PRODUCT = "notebook"


class Fulfilment:
    """The shop, its functions, and a relay in the test's own hand."""

    def __init__(self, shop: Shop, contract: Contract, folder: Path) -> None:
        self.shop = shop
        self.broker = MemoryBroker()
        self.broker.admin().create([TopicSpec("orders", 4), TopicSpec("users", 4)])
        self._relayed = 0
        self._clients: list[MeshClients] = []
        self._contract = contract
        self.runtime = Runtime(
            discover(Path("functions")),
            self.broker,
            contract,
            self._identity,
            topics={"orders", "users"},
            state_dir=folder,
        )
        self.runtime.start()

    def relay(self) -> None:
        """The orders' events that are new."""
        rows = self.shop.orders.outbox()
        for row in rows[self._relayed :]:
            if row.topic == "orders":
                self.broker.send(Message(row.topic, row.key, row.value, row.headers), lambda _error: None)
        self._relayed = len(rows)

    def stock(self) -> int:
        answer = self.shop.catalog.ask("GetProduct", GetProductRequest(product_id=PRODUCT))
        return int(answer.response.stock)

    def close(self) -> None:
        self.runtime.stop(10)
        for clients in self._clients:
            clients.close()

    def _identity(self, function: str) -> MeshClients:
        houses = {USERS: self.shop.users, CATALOG: self.shop.catalog, ORDERS: self.shop.orders}
        addresses = {name: house.address for name, house in houses.items()}
        token = self.shop.mint.token
        self._clients.append(MeshClients(self._contract, addresses, lambda: token(f"service:{function}")))
        return self._clients[-1]


@pytest.fixture
def fulfilment(tmp_path: Path, shop_contract: Contract) -> Iterator[Fulfilment]:
    shop = Shop(tmp_path, shop_contract, Policies.load(shop_contract))
    made = Fulfilment(shop, shop_contract, tmp_path / "functions")
    yield made
    made.close()
    shop.close()


def test_stock_is_set_aside_for_an_order_and_comes_back_when_it_is_cancelled(fulfilment: Fulfilment) -> None:
    shop = fulfilment.shop
    me = shop.register("u1")
    before = fulfilment.stock()
    order = shop.order(me, "u1", (PRODUCT, 2)).response
    fulfilment.relay()

    def state() -> int:
        request = GetOrderRequest(user_id="u1", order_id=order.id)
        return int(shop.orders.ask("GetOrder", request, me).response.state)

    eventually(lambda: state() == Order.STATE_CONFIRMED)
    assert fulfilment.stock() == before - 2
    assert (
        shop.orders.ask("CancelOrder", CancelOrderRequest(user_id="u1", order_id=order.id), me).code == "OK"
    )
    fulfilment.relay()
    eventually(lambda: fulfilment.stock() == before)
    assert state() == Order.STATE_CANCELLED


def test_an_order_cancelled_before_its_fulfilment_gets_no_stock(fulfilment: Fulfilment) -> None:
    shop = fulfilment.shop
    me = shop.register("u1")
    before = fulfilment.stock()
    order = shop.order(me, "u1", (PRODUCT, 2)).response
    assert (
        shop.orders.ask("CancelOrder", CancelOrderRequest(user_id="u1", order_id=order.id), me).code == "OK"
    )
    fulfilment.relay()
    eventually(lambda: all(health.tally.done == 2 for health in _of_orders(fulfilment)))
    assert fulfilment.stock() == before
    assert not any(health.dead_letters for health in _of_orders(fulfilment))


def test_an_order_cannot_be_removed_with_its_stock(fulfilment: Fulfilment) -> None:
    """It is cancelled first, which gives the stock back; removed right after that, nothing is lost."""
    shop = fulfilment.shop
    me = shop.register("u1")
    before = fulfilment.stock()
    order = shop.order(me, "u1", (PRODUCT, 2)).response
    fulfilment.relay()
    eventually(lambda: fulfilment.stock() == before - 2)
    delete = DeleteOrderRequest(user_id="u1", order_id=order.id)
    assert shop.orders.ask("DeleteOrder", delete, shop.admin).code == "FAILED_PRECONDITION"
    assert (
        shop.orders.ask("CancelOrder", CancelOrderRequest(user_id="u1", order_id=order.id), me).code == "OK"
    )
    assert shop.orders.ask("DeleteOrder", delete, shop.admin).code == "OK"
    fulfilment.relay()
    eventually(lambda: fulfilment.stock() == before)


def _of_orders(fulfilment: Fulfilment) -> list[FunctionHealth]:
    health = fulfilment.runtime.health()
    return [health["fulfil_order"], health["release_order"]]
