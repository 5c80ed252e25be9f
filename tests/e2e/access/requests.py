"""The request of each call in the tables, as a message and as REST."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from google.api import httpbody_pb2
from google.protobuf import json_format
from google.protobuf.message import Message
from google.type import money_pb2
from grpc_reflection.v1alpha import reflection_pb2

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.policy.parse_rules import FOREIGN_METHODS
from protomesh_pb.mesh.identity.v1 import identity_pb2 as identity
from protomesh_pb.mesh.portal.v1 import portal_pb2 as portal
from shop_pb.shop.catalog.v1 import catalog_pb2 as catalog
from shop_pb.shop.orders.v1 import orders_pb2 as orders
from shop_pb.shop.users.v1 import users_pb2 as users
from tests.e2e.access.targets import PASSWORD, Target

REFLECTION = {f"reflection.{method.service.split('.')[2]}": method for method in FOREIGN_METHODS.values()}
"""Two methods of one name, which no contract has: `reflection.v1` and `reflection.v1alpha`."""


def named(contract: Contract, call: str) -> Method:
    """The method that a table calls by its short name. Raises KeyError."""
    return {**{method.name: method for method in contract.methods.values()}, **REFLECTION}[call]


def _user(_: Target) -> users.User:
    return users.User(display_name="Somebody", email="somebody@mail.example")


def _product(_: Target) -> catalog.Product:
    return catalog.Product(title="Mug", price=money_pb2.Money(currency_code="EUR", units=9), stock=100_000)


def _order(to: Target) -> orders.Order:
    return orders.Order(lines=[orders.OrderLine(product_id=to.product, quantity=1)])


def _lines(to: Target) -> list[catalog.StockLine]:
    return [catalog.StockLine(product_id=to.product, quantity=1)]


def _form(to: Target) -> httpbody_pb2.HttpBody:
    data = urlencode({"user_id": to.user, "password": to.secret, "return_to": "/api/users/u1"}).encode()
    return httpbody_pb2.HttpBody(content_type="application/x-www-form-urlencoded", data=data)


BUILD: Mapping[str, Callable[[Target], Message]] = {
    "CreateUser": lambda to: users.CreateUserRequest(user_id=to.user, user=_user(to), password=PASSWORD),
    "GetUser": lambda to: users.GetUserRequest(user_id=to.user),
    "ListUsers": lambda _: users.ListUsersRequest(page_size=1000),
    "DeleteUser": lambda to: users.DeleteUserRequest(user_id=to.user),
    "ListProducts": lambda _: catalog.ListProductsRequest(page_size=1000),
    "GetProduct": lambda to: catalog.GetProductRequest(product_id=to.product),
    "CreateProduct": lambda to: catalog.CreateProductRequest(product_id=to.product, product=_product(to)),
    "UpdateProduct": lambda to: catalog.UpdateProductRequest(product_id=to.product, product=_product(to)),
    "DeleteProduct": lambda to: catalog.DeleteProductRequest(product_id=to.product),
    "ReserveStock": lambda to: catalog.ReserveStockRequest(order_id=to.order, lines=_lines(to)),
    "ReleaseStock": lambda to: catalog.ReleaseStockRequest(order_id=to.order),
    "CreateOrder": lambda to: orders.CreateOrderRequest(user_id=to.user, order=_order(to)),
    "GetOrder": lambda to: orders.GetOrderRequest(user_id=to.user, order_id=to.order),
    "ListOrders": lambda to: orders.ListOrdersRequest(user_id=to.user),
    "UpdateOrder": lambda to: orders.UpdateOrderRequest(
        user_id=to.user, order_id=to.order, order=orders.Order(delivery_address="2 Main Street")
    ),
    "DeleteOrder": lambda to: orders.DeleteOrderRequest(user_id=to.user, order_id=to.order),
    "CancelOrder": lambda to: orders.CancelOrderRequest(user_id=to.user, order_id=to.order),
    "WatchOrder": lambda to: orders.WatchOrderRequest(user_id=to.user, order_id=to.order),
    "ConfirmOrder": lambda to: orders.ConfirmOrderRequest(order_id=to.order),
    "RejectOrder": lambda to: orders.RejectOrderRequest(order_id=to.order, reason="none left"),
    "Login": lambda to: identity.LoginRequest(user_id=to.user, password=to.secret),
    "Refresh": lambda to: identity.RefreshRequest(refresh_token=to.secret),
    "Logout": lambda _: identity.LogoutRequest(),
    "LoginPage": lambda _: identity.LoginPageRequest(return_to="/api/users/u1"),
    "SubmitLogin": lambda to: identity.SubmitLoginRequest(form=_form(to)),
    "GetJwks": lambda _: identity.GetJwksRequest(),
    "GetConfiguration": lambda _: identity.GetConfigurationRequest(),
    "IssueServiceToken": lambda to: identity.IssueServiceTokenRequest(
        client_id=to.user, client_secret=to.secret
    ),
    "PutCredential": lambda to: identity.PutCredentialRequest(user_id=to.user, password=to.secret),
    "DeleteCredential": lambda to: identity.DeleteCredentialRequest(user_id=to.user),
    "PurgeCredentials": lambda _: identity.PurgeCredentialsRequest(),
    "GetEntry": lambda _: portal.GetEntryRequest(),
    "reflection.v1": lambda _: reflection_pb2.ServerReflectionRequest(list_services=""),
    "reflection.v1alpha": lambda _: reflection_pb2.ServerReflectionRequest(list_services=""),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of REST."""

    verb: str
    path: str
    body: Any = None
    kind: str = "application/json"
    """The body's content type."""


def as_rest(method: Method, message: Message) -> Iterator[Asked]:
    """One for each binding, and HEAD where there is GET; nothing for a method without one."""
    for http in method.bindings:
        asked = _bound(http, json_format.MessageToDict(message))
        raw = getattr(message, http.body, None) if http.body else None
        if isinstance(raw, httpbody_pb2.HttpBody):
            asked = replace(asked, body=raw.data, kind=raw.content_type)
        yield asked
        if http.verb == "GET" and not method.streams_response:
            yield Asked("HEAD", asked.path)


def _bound(http: HttpBinding, fields: dict[str, Any]) -> Asked:
    """google/api/http.proto: variables into the path, the body's field or all of the rest, or a query."""
    path = http.template
    for name in http.variables:
        path = path.replace(f"{{{name}}}", quote(fields.pop(_camel(name), ""), safe=""))
    body = None
    if http.body == "*":
        body, fields = fields, {}
    elif http.body:
        body = fields.pop(_camel(http.body), {})
    query = f"?{urlencode(fields)}" if fields else ""
    return Asked(http.verb, path + query, body)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
