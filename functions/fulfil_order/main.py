"""Reserves what an order needs, and confirms or rejects it. Every step may be repeated."""

from protomesh.errors import FailedPrecondition, NotFound
from protomesh.functions import Drop, Event, FunctionContext, Retries, function
from shop_pb.shop.catalog.v1.catalog_pb2 import ReleaseStockRequest, ReserveStockRequest, StockLine
from shop_pb.shop.catalog.v1.catalog_pb2_grpc import CatalogStub
from shop_pb.shop.orders.v1.orders_pb2 import ConfirmOrderRequest, GetOrderRequest, Order, RejectOrderRequest
from shop_pb.shop.orders.v1.orders_pb2_grpc import OrdersStub

REASON_LENGTH = 500


@function(
    topic="orders",
    type="shop.orders.order.placed.v1",
    retries=Retries(8, first="1s", most="5m"),
    timeout="30s",
)
def fulfil_order(event: Event[Order], ctx: FunctionContext) -> None:
    """The event may be old by now, so the order is read anew, and after a refusal once more."""
    order = look(event, ctx)
    if order.state == Order.STATE_PLACED:
        refusal = settle(order, ctx)
        if refusal is None:
            return
        reject(order, refusal, ctx)
        order = look(event, ctx)
    if order.state in {Order.STATE_REJECTED, Order.STATE_CANCELLED}:
        # Only now: what was given back cannot be reserved again, so that a repeated try would not see why.
        release(order.id, ctx)


def look(event: Event[Order], ctx: FunctionContext) -> Order:
    """The order as it is now."""
    request = GetOrderRequest(user_id=event.data.user_id, order_id=event.data.id)
    try:
        return ctx.stub(OrdersStub).GetOrder(request)
    except NotFound:
        release(event.data.id, ctx)
        raise Drop("the order is gone") from None


def settle(order: Order, ctx: FunctionContext) -> str | None:
    """Reserve all of it and confirm. Returns what refuses for good, None when it is confirmed."""
    lines = [StockLine(product_id=line.product_id, quantity=line.quantity) for line in order.lines]
    try:
        ctx.stub(CatalogStub).ReserveStock(ReserveStockRequest(order_id=order.id, lines=lines))
        ctx.stub(OrdersStub).ConfirmOrder(ConfirmOrderRequest(order_id=order.id))
    except (FailedPrecondition, NotFound) as refusal:
        return refusal.message
    return None


def reject(order: Order, reason: str, ctx: FunctionContext) -> None:
    """Unless the buyer was faster and called it off, or removed it."""
    request = RejectOrderRequest(order_id=order.id, reason=reason[:REASON_LENGTH])
    try:
        ctx.stub(OrdersStub).RejectOrder(request)
    except (FailedPrecondition, NotFound) as refusal:
        ctx.log.info("order %s: not rejected: %s", order.id, refusal.message)


def release(order_id: str, ctx: FunctionContext) -> None:
    """Give back what was reserved, if anything was and `release_order` was not faster."""
    ctx.stub(CatalogStub).ReleaseStock(ReleaseStockRequest(order_id=order_id))
