"""Small real services behind the gateway. The id asked for says what they do."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn
from urllib.parse import quote

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from protomesh.contract import Contract, Method
from shop_pb.shop.catalog.v1 import catalog_pb2
from shop_pb.shop.orders.v1 import orders_pb2
from shop_pb.shop.users.v1 import users_pb2

CODES = {code.value[0]: code for code in grpc.StatusCode}


def headers_of(context: grpc.ServicerContext) -> str:
    """What the service was sent, one `name: value` a line."""
    return "\n".join(f"{key}: {value!s}" for key, value in context.invocation_metadata())


def _fail(context: grpc.ServicerContext, code: int, message: str, detail: any_pb2.Any) -> NoReturn:
    status = status_pb2.Status(code=code, message=message, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError


Violation = error_details_pb2.BadRequest.FieldViolation  # a class inside a class has no importable name
NOBODYS = any_pb2.Any(type_url="type.googleapis.com/nobody.Knows", value=b"\x01")


def _violations(*fields: error_details_pb2.BadRequest.FieldViolation) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.BadRequest(field_violations=fields))
    return packed


class Users:
    """Replica `name`. Unary calls: successes, errors, and what came with the request."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.slow = threading.Event()
        self.cancelled = threading.Event()

    def CreateUser(
        self, request: users_pb2.CreateUserRequest, context: grpc.ServicerContext
    ) -> users_pb2.User:
        name, email = request.user.display_name, request.user.email
        if request.user_id == "echo":
            _fail(context, 3, name, _violations(Violation(field=email, reason=name, description=email)))
        if request.user_id == "hidden":
            _fail(context, 9, name, NOBODYS)
        context.send_initial_metadata(
            (("x-http-status", "201"), ("location", f"/api/users/{request.user_id}"), ("etag", '"1"'))
        )
        return users_pb2.User(id=request.user_id, email=email)

    def GetUser(self, request: users_pb2.GetUserRequest, context: grpc.ServicerContext) -> users_pb2.User:
        what, _, value = request.user_id.partition("-")
        if what == "ok":
            context.send_initial_metadata(
                (("x-http-status", value), ("link", "</a>;rel=a"), ("link", "</b>;rel=b"))
            )
        elif what == "fail":
            self._abort(context, *value.split("-"))
        elif what == "login":
            self._send_to_login(context)
        elif what == "violations":
            email = Violation(field="user.email", reason="string.email", description='not an "address"\n')
            detail = _violations(email, Violation(field="user_id"))
            _fail(context, 3, "the request is not valid", detail)
        elif what == "unknown":
            _fail(context, 9, "50% äh", NOBODYS)
        elif what == "late":
            context.send_initial_metadata((("x-http-status", "201"),))
            self._abort(context, "10", value)
        elif what == "big":
            return users_pb2.User(display_name="x" * 3_000_000)
        elif what == "slow":
            self.slow.set()
            context.add_callback(self.cancelled.set)
            self.cancelled.wait(60)
        return users_pb2.User(id=request.user_id, display_name=headers_of(context), email=self.name)

    def _send_to_login(self, context: grpc.ServicerContext) -> NoReturn:
        """As the auth interceptor does it."""
        back = quote(str(dict(context.invocation_metadata()).get("x-envoy-original-path", "/")), safe="")
        link = f"</login?return_to={back}>;rel=login"
        context.set_trailing_metadata((("www-authenticate", "Bearer"), ("link", link)))
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "this call needs an identity")

    def _abort(self, context: grpc.ServicerContext, code: str, status: str = "") -> NoReturn:
        context.set_trailing_metadata((("x-http-status", status), ("retry-after", "7")) if status else ())
        context.abort(CODES[int(code)], "told to fail")

    def ListUsers(
        self, request: users_pb2.ListUsersRequest, _: grpc.ServicerContext
    ) -> users_pb2.ListUsersResponse:
        return users_pb2.ListUsersResponse(next_page_token=request.page_token)

    def DeleteUser(self, _: users_pb2.DeleteUserRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        context.send_initial_metadata((("x-http-status", "204"),))
        return empty_pb2.Empty()


class Orders:
    """One stream, and a method whose path ends in a verb."""

    def GetOrder(self, request: orders_pb2.GetOrderRequest, _: grpc.ServicerContext) -> orders_pb2.Order:
        return orders_pb2.Order(id=request.order_id, user_id=request.user_id)

    def CreateOrder(
        self, request: orders_pb2.CreateOrderRequest, _: grpc.ServicerContext
    ) -> orders_pb2.Order:
        return request.order

    def CancelOrder(
        self, request: orders_pb2.CancelOrderRequest, _: grpc.ServicerContext
    ) -> orders_pb2.Order:
        state = orders_pb2.Order.STATE_CANCELLED
        return orders_pb2.Order(id=request.order_id, user_id=request.user_id, state=state)

    def ConfirmOrder(
        self, request: orders_pb2.ConfirmOrderRequest, _: grpc.ServicerContext
    ) -> orders_pb2.Order:
        return orders_pb2.Order(id=request.order_id)

    def WatchOrder(
        self, request: orders_pb2.WatchOrderRequest, context: grpc.ServicerContext
    ) -> Iterator[orders_pb2.WatchOrderResponse]:
        if request.order_id == "none":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        for cursor in ("1", "2"):
            yield orders_pb2.WatchOrderResponse(item=orders_pb2.Order(id=request.order_id), cursor=cursor)


class Catalog:
    """A body in one field."""

    def GetProduct(
        self, request: catalog_pb2.GetProductRequest, _: grpc.ServicerContext
    ) -> catalog_pb2.Product:
        return catalog_pb2.Product(id=request.product_id)

    def UpdateProduct(
        self, request: catalog_pb2.UpdateProductRequest, _: grpc.ServicerContext
    ) -> catalog_pb2.Product:
        return catalog_pb2.Product(id=request.product_id, title=",".join(request.update_mask.paths))


def serve(port: int, contract: Contract, servicers: Mapping[str, object]) -> grpc.Server:
    """A server on loopback, with a health service; `servicers` by the full name of their service."""
    options = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1))
    server = grpc.server(ThreadPoolExecutor(16), options=options)
    for name, servicer in servicers.items():
        methods = (each for each in contract.services[name].methods if hasattr(servicer, each.name))
        handlers = {each.name: _handler(contract, each, servicer) for each in methods}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    checks = health.HealthServicer()
    checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


def _handler(contract: Contract, method: Method, servicer: object) -> "grpc.RpcMethodHandler[Any, Any]":
    make = (
        grpc.unary_stream_rpc_method_handler
        if method.streams_response
        else grpc.unary_unary_rpc_method_handler
    )
    read, write = (
        contract.message(method.request).FromString,
        contract.message(method.response).SerializeToString,
    )
    return make(getattr(servicer, method.name), request_deserializer=read, response_serializer=write)


class Restarts:
    """A server that can be stopped and started again on its port."""

    def __init__(self, port: int, contract: Contract, servicers: Mapping[str, object]) -> None:
        self._how = port, contract, servicers
        self._server = serve(*self._how)

    def stop(self) -> None:
        self._server.stop(None).wait()

    def start(self) -> None:
        self._server = serve(*self._how)
