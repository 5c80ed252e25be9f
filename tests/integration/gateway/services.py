"""Small real services behind the gateway. The id asked for says what they do."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from shop_pb.shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from shop_pb.shop.orders.v1 import orders_pb2, orders_pb2_grpc
from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc

SECRET = "the inside of the service"


def headers_of(context: grpc.ServicerContext) -> str:
    """What the service was sent, one `name: value` a line."""
    return "\n".join(f"{each.key}: {each.value!s}" for each in context.invocation_metadata())


def _fail(context: grpc.ServicerContext, code: int, message: str, details: list[any_pb2.Any]) -> NoReturn:
    status = status_pb2.Status(code=code, message=message, details=details)
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError


def _violations() -> any_pb2.Any:
    packed = any_pb2.Any()
    one = error_details_pb2.BadRequest.FieldViolation
    field = one(field="user.email", reason="string.email", description='not an "address"\n')
    packed.Pack(error_details_pb2.BadRequest(field_violations=[field, one(field="user_id")]))
    return packed


class Users(users_pb2_grpc.UsersServicer):
    """Replica `name`. Unary calls: successes, errors, and what came with the request."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cancelled = threading.Event()

    def CreateUser(self, request: users_pb2.CreateUserRequest, context: grpc.ServicerContext) -> users_pb2.User:
        context.send_initial_metadata(
            (("x-http-status", "201"), ("location", f"/api/users/{request.user_id}"), ("etag", '"1"'))
        )
        return users_pb2.User(id=request.user_id, email=request.user.email)

    def GetUser(self, request: users_pb2.GetUserRequest, context: grpc.ServicerContext) -> users_pb2.User:
        what, _, value = request.user_id.partition("-")
        if what == "ok":
            context.send_initial_metadata((("x-http-status", value), ("link", "</a>;rel=a"), ("link", "</b>;rel=b")))
        elif what == "fail":
            self._abort(context, *value.split("-"))
        elif what == "violations":
            _fail(context, 3, "the request is not valid", [_violations()])
        elif what == "unknown":
            _fail(context, 9, "50% äh", [any_pb2.Any(type_url="type.googleapis.com/nobody.Knows", value=b"\x01")])
        elif what == "boom":
            context.send_initial_metadata((("x-http-status", "201"),))
            context.abort(grpc.StatusCode.ABORTED, "lost")
        elif what == "slow":
            done = threading.Event()
            context.add_callback(done.set)
            done.wait(60)
            self.cancelled.set()
        return users_pb2.User(id=request.user_id, display_name=headers_of(context), email=self.name)

    def _abort(self, context: grpc.ServicerContext, code: str, status: str = "") -> NoReturn:
        context.set_trailing_metadata((("x-http-status", status), ("retry-after", "7")) if status else ())
        context.abort(next(each for each in grpc.StatusCode if each.value[0] == int(code)), "told to fail")

    def ListUsers(self, request: users_pb2.ListUsersRequest, context: grpc.ServicerContext) -> users_pb2.ListUsersResponse:
        return users_pb2.ListUsersResponse(next_page_token=request.page_token)

    def DeleteUser(self, request: users_pb2.DeleteUserRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        context.send_initial_metadata((("x-http-status", "204"),))
        return empty_pb2.Empty()


class Orders(orders_pb2_grpc.OrdersServicer):
    """One stream, and a method whose path ends in a verb."""

    def GetOrder(self, request: orders_pb2.GetOrderRequest, context: grpc.ServicerContext) -> orders_pb2.Order:
        return orders_pb2.Order(id=request.order_id, user_id=request.user_id)

    def CancelOrder(self, request: orders_pb2.CancelOrderRequest, context: grpc.ServicerContext) -> orders_pb2.Order:
        return orders_pb2.Order(id=request.order_id, user_id=request.user_id, state=orders_pb2.Order.STATE_CANCELLED)

    def ConfirmOrder(self, request: orders_pb2.ConfirmOrderRequest, context: grpc.ServicerContext) -> orders_pb2.Order:
        return orders_pb2.Order(id="internal")

    def WatchOrder(
        self, request: orders_pb2.WatchOrderRequest, context: grpc.ServicerContext
    ) -> Iterator[orders_pb2.WatchOrderResponse]:
        if request.order_id == "none":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        for cursor in ("1", "2"):
            yield orders_pb2.WatchOrderResponse(item=orders_pb2.Order(id=request.order_id), cursor=cursor)


class Catalog(catalog_pb2_grpc.CatalogServicer):
    """A body in one field."""

    def GetProduct(self, request: catalog_pb2.GetProductRequest, context: grpc.ServicerContext) -> catalog_pb2.Product:
        return catalog_pb2.Product(id=request.product_id)

    def UpdateProduct(
        self, request: catalog_pb2.UpdateProductRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.Product:
        return catalog_pb2.Product(id=request.product_id, title=",".join(request.update_mask.paths))


def serve(port: int, **servicers: Any) -> grpc.Server:
    """A server with a health service on loopback; `users=Users(…)` and so on."""
    options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(16), options=options)
    add = {
        "users": users_pb2_grpc.add_UsersServicer_to_server,
        "orders": orders_pb2_grpc.add_OrdersServicer_to_server,
        "catalog": catalog_pb2_grpc.add_CatalogServicer_to_server,
    }
    for name, servicer in servicers.items():
        add[name](servicer, server)
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server
