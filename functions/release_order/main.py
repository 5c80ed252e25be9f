"""Puts the stock of a cancelled order back on sale."""

from protomesh.functions import Event, FunctionContext, Retries, function
from shop_pb.shop.catalog.v1.catalog_pb2 import ReleaseStockRequest
from shop_pb.shop.catalog.v1.catalog_pb2_grpc import CatalogStub
from shop_pb.shop.orders.v1.orders_pb2 import Order


@function(
    topic="orders",
    type="shop.orders.order.cancelled.v1",
    retries=Retries(8, first="1s", most="5m"),
    timeout="30s",
)
def release_order(event: Event[Order], ctx: FunctionContext) -> None:
    """May run before, while or after `fulfil_order` reserves: what was given back is not reserved again."""
    ctx.stub(CatalogStub).ReleaseStock(ReleaseStockRequest(order_id=event.data.id))
