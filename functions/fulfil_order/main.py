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
    """The event may be old by now, so the order is read anew."""
    orders = ctx.stub(OrdersStub)
    try:
        order = orders.GetOrder(GetOrderRequest(user_id=event.data.user_id, order_id=event.data.id))
    except NotFound:
        raise Drop("the order is gone") from None
    if order.state == Order.STATE_PLACED:
        settle(order, ctx)
    elif order.state != Order.STATE_CONFIRMED:
        # Rejected or called off; an earlier try may have reserved before it could see that.
        release(order, ctx)


def settle(order: Order, ctx: FunctionContext) -> None:
    """Reserve all of it and confirm; what refuses for good leads to a rejection."""
    lines = [StockLine(product_id=line.product_id, quantity=line.quantity) for line in order.lines]
    orders = ctx.stub(OrdersStub)
    try:
        ctx.stub(CatalogStub).ReserveStock(ReserveStockRequest(order_id=order.id, lines=lines))
        orders.ConfirmOrder(ConfirmOrderRequest(order_id=order.id))
    except (FailedPrecondition, NotFound) as refusal:
        release(order, ctx)
        reject(order, ctx, refusal.message)


def release(order: Order, ctx: FunctionContext) -> None:
    """Give back what was reserved, if anything was."""
    try:
        ctx.stub(CatalogStub).ReleaseStock(ReleaseStockRequest(order_id=order.id))
    except NotFound:
        ctx.log.info("order %s: nothing was reserved", order.id)


def reject(order: Order, ctx: FunctionContext, reason: str) -> None:
    """Unless the buyer was faster and called it off, or removed it."""
    request = RejectOrderRequest(order_id=order.id, reason=reason[:REASON_LENGTH])
    try:
        ctx.stub(OrdersStub).RejectOrder(request)
    except (FailedPrecondition, NotFound) as refusal:
        raise Drop(f"not rejected: {refusal.message}") from None
