"""shop.orders.v1.Orders: requests in, the domain asked, messages out."""

from collections.abc import Iterator

from google.protobuf import empty_pb2
from google.type import money_pb2

from protomesh.context import Context
from protomesh.errors import FailedPrecondition, InvalidArgument, NotFound
from protomesh.rpc import Call, must_match, page_of, timestamp, update_mask
from services.orders import domain, store
from services.orders.domain import State
from services.orders.watch import watch
from shop_pb.shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from shop_pb.shop.orders.v1 import orders_pb2 as pb
from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc

WRITABLE = frozenset({"delivery_address"})


class Orders:
    """Places orders and follows them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._users = context.stub(users_pb2_grpc.UsersStub)
        self._catalog = context.stub(catalog_pb2_grpc.CatalogStub)

    def CreateOrder(self, request: pb.CreateOrderRequest, call: Call) -> pb.Order:
        """Asks users and catalog first, then writes: no lock is held while others are waited for."""
        domain.must_be_orderable([line.product_id for line in request.order.lines])
        self._must_exist(request.user_id)
        lines = tuple(self._priced(line) for line in request.order.lines)
        order = domain.place(
            request.user_id, lines, request.order.delivery_address, self._context.clock.now()
        )
        store.add(call.tx, order)
        return message(order)

    def GetOrder(self, request: pb.GetOrderRequest, call: Call) -> pb.Order:
        return message(store.get(call.tx, request.order_id, request.user_id))

    def ListOrders(self, request: pb.ListOrdersRequest, call: Call) -> pb.ListOrdersResponse:
        found, token = page_of(
            request,
            fetch=lambda after, limit: store.page(call.tx, request.user_id, after, limit),
            key=lambda order: order.id,
        )
        return pb.ListOrdersResponse(orders=[message(order) for order in found], next_page_token=token)

    def UpdateOrder(self, request: pb.UpdateOrderRequest, call: Call) -> pb.Order:
        order = store.get(call.tx, request.order_id, request.user_id, to_write=True)
        must_match(order, request.etag)
        if "delivery_address" in update_mask(request.update_mask, request.order, WRITABLE):
            order = order.deliver_to(request.order.delivery_address)
            store.save(call.tx, order)
        return message(order)

    def DeleteOrder(self, request: pb.DeleteOrderRequest, call: Call) -> empty_pb2.Empty:
        order = store.get(call.tx, request.order_id, request.user_id, to_write=True)
        must_match(order, request.etag)
        order.must_be_removable()
        store.remove(call.tx, request.order_id)
        return empty_pb2.Empty()

    def CancelOrder(self, request: pb.CancelOrderRequest, call: Call) -> pb.Order:
        order = store.get(call.tx, request.order_id, request.user_id, to_write=True)
        return self._become(call, order, State.CANCELLED)

    def WatchOrder(self, request: pb.WatchOrderRequest, call: Call) -> Iterator[pb.WatchOrderResponse]:
        for order in watch(call, self._context, request.order_id, request.user_id, request.after):
            yield pb.WatchOrderResponse(item=message(order), cursor=order.etag)

    def ConfirmOrder(self, request: pb.ConfirmOrderRequest, call: Call) -> pb.Order:
        return self._become(call, store.get(call.tx, request.order_id, to_write=True), State.CONFIRMED)

    def RejectOrder(self, request: pb.RejectOrderRequest, call: Call) -> pb.Order:
        order = store.get(call.tx, request.order_id, to_write=True)
        return self._become(call, order, State.REJECTED, request.reason)

    def _become(self, call: Call, order: domain.Order, state: State, reason: str = "") -> pb.Order:
        after = order.become(state, reason)
        call.changed = after is not order
        if call.changed:
            store.save(call.tx, after)
        return message(after)

    def _must_exist(self, user_id: str) -> None:
        try:
            self._users.GetUser(users_pb2.GetUserRequest(user_id=user_id))
        except NotFound:
            raise FailedPrecondition(f"there is no user {user_id} to order for") from None

    def _priced(self, line: pb.OrderLine) -> domain.Line:
        try:
            product = self._catalog.GetProduct(catalog_pb2.GetProductRequest(product_id=line.product_id))
        except NotFound:
            raise InvalidArgument(f"order.lines: there is no product {line.product_id}") from None
        price = product.price
        return domain.Line(line.product_id, line.quantity, price.currency_code, price.units, price.nanos)


def message(order: domain.Order) -> pb.Order:
    """The order as the contract shows one."""
    currency, units, nanos = order.total
    return pb.Order(
        id=order.id,
        user_id=order.user_id,
        lines=[_line(line) for line in order.lines],
        total=money_pb2.Money(currency_code=currency, units=units, nanos=nanos),
        state=pb.Order.State.ValueType(order.state),
        delivery_address=order.delivery_address,
        etag=order.etag,
        reason=order.reason,
        create_time=timestamp(order.created),
    )


def _line(line: domain.Line) -> pb.OrderLine:
    price = money_pb2.Money(currency_code=line.currency, units=line.units, nanos=line.nanos)
    return pb.OrderLine(product_id=line.product_id, quantity=line.quantity, price=price)
