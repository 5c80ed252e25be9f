"""The steps of the story, each a function that fails when what it tells does not hold."""

from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import grpc

from shop_pb.shop.orders.v1 import orders_pb2, orders_pb2_grpc
from tests.support.mesh import Answer, Mesh, eventually

ORIGIN = "http://localhost:3000"
PASSWORD = "correct horse battery staple"


class Scene:
    """The mesh, and what one step leaves for the next."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.rest = mesh.gateway()
        self.ann = ""
        self.order: dict[str, Any] = {}
        self.stock = 0

    def ask(self, method: str, path: str, body: Any = None, *, expect: int, **more: Any) -> Answer:
        """One request, printed with what came of it."""
        answer = self.rest(method, path, body, **more)
        shown = {
            name: answer.headers[name]
            for name in ("location", "link", "www-authenticate")
            if name in answer.headers
        }
        print(f"   {method} {path} → {answer.status} {shown or ''}", flush=True)
        must(answer.status == expect, f"expected {expect}, got {answer.status}: {answer.body.decode()[:300]}")
        return answer

    def tell(self, what: str) -> None:
        print(f"   … {what}", flush=True)


def must(holds: object, otherwise: str) -> None:
    """Fail with a sentence."""
    if not holds:
        raise AssertionError(otherwise)


def products(scene: Scene) -> None:
    """A visitor lists the products."""
    found = scene.ask("GET", "/api/products", expect=200).json()["products"]
    mug = next(each for each in found if each["id"] == "coffee-mug")
    scene.stock = mug["stock"]
    scene.tell(f"{len(found)} products; the {mug['title'].lower()} is there {scene.stock} times")


def entry(scene: Scene) -> None:
    """A client begins at the front door: links tell what it may do, and lead on."""
    links = {each["rel"]: each for each in scene.ask("GET", "/api", expect=200).json()["links"]}
    scene.tell(f"the links are {', '.join(links)}")
    must({"products", "create-user", "login"} <= set(links), "a visitor may look, register and log in")
    must(not {"users", "logout", "me"} & set(links), "a visitor is offered what only users may do")


def stranger(scene: Scene) -> None:
    """A visitor may not order, and is told where to log in."""
    body = {"lines": [{"productId": "coffee-mug", "quantity": 1}]}
    answer = scene.ask("POST", "/api/users/ann/orders", body, expect=401, headers={"Origin": ORIGIN})
    must("rel=login" in answer.headers.get("link", ""), "no login link")
    must(answer.headers.get("access-control-allow-origin") == ORIGIN, "a browser could not read this refusal")
    must(answer.headers["content-type"].startswith("application/problem+json"), "not a problem document")


def preflight(scene: Scene) -> None:
    """A browser asks first, from a page of another origin (CORS preflight)."""
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = scene.rest("OPTIONS", "/api/users/ann/orders", headers=headers)
    allowed = answer.headers.get("access-control-allow-methods", "")
    scene.tell(f"OPTIONS → {answer.status}, allowed are {allowed}")
    must(
        answer.headers.get("access-control-allow-origin") == ORIGIN and "POST" in allowed,
        "the preflight is refused",
    )


def register(scene: Scene) -> None:
    """The visitor registers: 201 with a Location. The event reaches a function, which writes a mail."""
    body = {
        "userId": "ann",
        "user": {"displayName": "Ann", "email": "ann@mail.example"},
        "password": PASSWORD,
    }
    answer = scene.ask("POST", "/api/users", body, expect=201)
    must(answer.headers.get("location") == "/api/users/ann", f"Location is {answer.headers.get('location')}")
    spool = scene.mesh.state_dir.rglob
    mail = eventually(lambda: next(iter(spool("*.eml")), None), "no mail was written")
    scene.tell(f"welcome_email wrote to {message_from_bytes(mail.read_bytes())['To']}")


def login(scene: Scene) -> None:
    """Ann logs in with her password, and renews the tokens that she gets."""
    scene.ask("POST", "/api/login", {"userId": "ann", "password": "a guess"}, expect=401)
    first = scene.ask("POST", "/api/login", {"userId": "ann", "password": PASSWORD}, expect=200).json()
    body = {"refreshToken": first["refreshToken"]}
    scene.ann = scene.ask("POST", "/api/login:refresh", body, expect=200).json()["accessToken"]
    user = scene.ask("GET", "/api/users/ann", expect=200, token=scene.ann).json()
    must(user["displayName"] == "Ann", "that is not Ann")


def order(scene: Scene) -> None:
    """Ann orders two mugs; orders asks users and catalog over gRPC before it writes."""
    body = {"lines": [{"productId": "coffee-mug", "quantity": 2}], "deliveryAddress": "1 Main Street"}
    answer = scene.ask("POST", "/api/users/ann/orders", body, expect=201, token=scene.ann)
    scene.order = answer.json()
    must("cancel" in {each["rel"] for each in scene.order["links"]}, "the buyer is not offered to cancel")
    must(scene.order["total"]["units"] == "19", f"the total is {scene.order['total']}")
    must(answer.headers["location"] == f"/api/users/ann/orders/{scene.order['id']}", "wrong Location")


def confirmed(scene: Scene) -> None:
    """The order's event reaches fulfil_order, which reserves stock and confirms the order over gRPC."""
    path = f"/api/users/ann/orders/{scene.order['id']}"

    def state() -> str:
        found = str(scene.rest("GET", path, token=scene.ann).json()["state"])
        return found if found != "STATE_PLACED" else ""

    last = eventually(state, "the order is still only placed")
    must(last == "STATE_CONFIRMED", f"the order is {last}")
    left = scene.ask("GET", "/api/products/coffee-mug", expect=200).json()["stock"]
    must(left == scene.stock - 2, f"{left} mugs are left")
    scene.tell(f"confirmed; {left} mugs are left")


def native(scene: Scene) -> None:
    """A gRPC client asks for the same order, through the same port."""
    with grpc.insecure_channel(scene.rest.address) as channel:
        request = orders_pb2.GetOrderRequest(user_id="ann", order_id=scene.order["id"])
        metadata = (("authorization", f"Bearer {scene.ann}"),)
        found = orders_pb2_grpc.OrdersStub(channel).GetOrder(request, metadata=metadata, timeout=10)
    must(found.state == orders_pb2.Order.STATE_CONFIRMED, f"over gRPC the order is in state {found.state}")
    scene.tell(f"{found.id} is {orders_pb2.Order.State.Name(found.state)}")


def other(scene: Scene) -> None:
    """Another user is refused: 403."""
    bob = scene.mesh.token("--subject", "bob")
    scene.ask("GET", f"/api/users/ann/orders/{scene.order['id']}", expect=403, token=bob)


def stream(scene: Scene) -> None:
    """All of it stands on Kafka, in order."""

    def both() -> list[str]:
        types = [each["type"] for each in scene.mesh.events("orders")]
        return types if any("confirmed" in each for each in types) else []

    types = eventually(both, "the confirmation is not on the topic")
    for each in types:
        scene.tell(each)
    must([each.split(".")[-2] for each in types] == ["placed", "confirmed"], f"the topic says {types}")


STORY: tuple[Callable[[Scene], None], ...] = (
    entry,
    products,
    stranger,
    preflight,
    register,
    login,
    order,
    confirmed,
    native,
    other,
    stream,
)
