"""From `GET /api` to every resource by links alone: no address is built here, and each link is followed.

Whoever walks sends nothing but what a link says, and with a body only what the contract asks. A link that is
there works, or fails for a reason that is none of the policy's; what the caller may not do has no link.
"""

import contextlib
import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.mesh import Answer, Rest, headers_of, running

PASSWORD = "correct horse battery staple"
ENTRY = "/api"
MUG = {"title": "Cup", "price": {"currencyCode": "EUR", "units": "3"}, "stock": 5}
ORDER = {"lines": [{"productId": "coffee-mug", "quantity": 1}]}
ADDRESS = {"deliveryAddress": "2 Side Street"}

USER = {"user": {"displayName": "Somebody", "email": "somebody@mail.example"}, "password": PASSWORD}

BODIES: Mapping[str, Any] = {
    "login": {"userId": "bob", "password": PASSWORD},
    "refresh": {"refreshToken": "none that counts"},
    "create-user": USER,
    "create-order": ORDER,
    "create-product": MUG,
    "create /api/products": MUG,
    "create /api/users": USER,
    "create": ORDER,
    "update": ADDRESS,
    "cancel": {},
    "logout": {},
}
"""What a client sends, by the link's name, or by the name and the place."""

WORKS = frozenset({200, 201, 204, 206})
OWN_REFUSALS: Mapping[str, frozenset[int]] = {"refresh": frozenset({401})}
"""Where the service itself refuses: the token in `BODIES` is none."""

DESTROYS = ("logout", "delete", "cancel")
"""Followed last, in this order reversed, since nothing is there afterwards."""


@dataclass(frozen=True, slots=True)
class Link:
    """As it stands in an answer."""

    rel: str
    href: str
    method: str


@dataclass(slots=True)
class Walk:
    """One caller's way through the mesh."""

    rest: Rest
    token: str
    seen: dict[Link, Answer] = field(default_factory=dict)
    left: list[Link] = field(default_factory=list)

    def everywhere(self) -> None:
        """Follow every link, those that destroy at the end."""
        self.left.append(Link("entry", ENTRY, "GET"))
        while self.left:
            self.left.sort(key=lambda link: DESTROYS.index(link.rel) if link.rel in DESTROYS else 9)
            link = self.left.pop()
            if link not in self.seen:
                self.seen[link] = self.follow(link)
                self.left.extend(self.found(link))

    def follow(self, link: Link) -> Answer:
        if link.rel == "watch":
            return self.first_of(link)
        return self.rest(link.method, link.href, body_of(link), token=self.token)

    def first_of(self, link: Link) -> Answer:
        """Of an answer without an end only the beginning."""
        with contextlib.closing(http.client.HTTPConnection(self.rest.address, timeout=30)) as connection:
            connection.request(link.method, link.href, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return Answer(answer.status, headers_of(answer), answer.read1())

    def found(self, link: Link) -> Iterator[Link]:
        """The links of an answer, of those that name a resource or a list."""
        answer = self.seen[link]
        if answer.status in WORKS and answer.headers.get("content-type") == "application/json":
            for raw in _links(answer.json()):
                yield Link(raw["rel"], raw["href"], raw["method"])


def _links(value: Any) -> Iterator[Any]:
    """Every `links` in a JSON value."""
    if isinstance(value, dict):
        yield from value.get("links", ())
        for inner in value.values():
            yield from _links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _links(inner)


def body_of(link: Link) -> Any:
    if link.method in {"GET", "DELETE"}:
        return None
    if link.rel == "update" and link.href.startswith("/api/products/"):
        return {"title": "Beaker"}
    return BODIES.get(f"{link.rel} {link.href}", BODIES[link.rel])


def entry(rest: Rest, rel: str, token: str = "") -> Link:
    """The link of that name at the entry."""
    found = rest("GET", ENTRY, token=token).json()["links"]
    return next(Link(each["rel"], each["href"], each["method"]) for each in found if each["rel"] == rel)


def register(rest: Rest, name: str) -> str:
    """A new user's token, by the links of the entry."""
    link = entry(rest, "create-user")
    answer = rest(link.method, link.href, {**BODIES["create-user"], "userId": name})
    assert answer.status == 201, answer
    link = entry(rest, "login")
    answer = rest(link.method, link.href, {"userId": name, "password": PASSWORD})
    assert answer.status == 200, answer
    return str(answer.json()["accessToken"])


def place_order(rest: Rest, token: str) -> None:
    me = entry(rest, "me", token)
    link = next(
        each for each in _links(rest("GET", me.href, token=token).json()) if each["rel"] == "create-order"
    )
    assert rest(link["method"], link["href"], ORDER, token=token).status == 201


@pytest.fixture(scope="module")
def walks() -> Iterator[dict[str, Walk]]:
    """Everybody's walk through one mesh, one after the other; without functions an order stays placed."""
    with running("--without", "functions") as mesh:
        rest = mesh.gateway()
        tokens = {name: register(rest, name) for name in ("ann", "bob", "carl")}
        tokens["carl"] = mesh.token("--subject", "carl", "--role", "admin")
        place_order(rest, tokens["bob"])
        found = {name: Walk(rest, tokens.get(name, "")) for name in ("visitor", "ann", "carl")}
        for walk in found.values():
            walk.everywhere()
        yield found


@pytest.mark.parametrize("who", ["visitor", "ann", "carl"])
def test_every_link_works(walks: dict[str, Walk], who: str) -> None:
    """Carl is an admin."""
    for link, answer in walks[who].seen.items():
        expected = WORKS | OWN_REFUSALS.get(link.rel, frozenset())
        assert answer.status in expected, f"{who}: {link}: {answer}"


def test_a_visitor_reaches_what_anyone_may(walks: dict[str, Walk]) -> None:
    seen = {(link.method, link.href) for link in walks["visitor"].seen}
    assert {("GET", "/api/products"), ("GET", "/api/products/coffee-mug"), ("POST", "/api/users")} <= seen
    assert {link.rel for link in walks["visitor"].seen} == {
        "entry", "self", "login", "refresh", "products", "create-user", "collection", "first", "up"
    }  # fmt: skip


def test_a_user_reaches_their_own_resources_and_nobody_else_s(walks: dict[str, Walk]) -> None:
    ann = walks["ann"]
    assert {"me", "orders", "create", "create-order", "cancel", "update", "watch", "logout", "delete"} <= {
        link.rel for link in ann.seen
    }
    assert {link.href for link in ann.seen if link.rel == "delete"} == {"/api/users/ann"}
    users = {link.href for link in ann.seen if link.href.startswith("/api/users/")}
    assert {"/".join(href.split("/")[:4]) for href in users} == {"/api/users/ann"}


def test_an_admin_reaches_everybody(walks: dict[str, Walk]) -> None:
    carl = walks["carl"]
    assert ("GET", "/api/users/bob/orders") in {(link.method, link.href) for link in carl.seen}
    deleted = {link.href for link in carl.seen if link.rel == "delete"}
    assert {"/api/products/coffee-mug", "/api/users/bob", "/api/users/carl"} <= deleted
    assert any(href.startswith("/api/users/bob/orders/") for href in deleted), "only once it was cancelled"


@pytest.mark.parametrize(("who", "other"), [("visitor", "ann"), ("visitor", "carl"), ("ann", "carl")])
def test_what_others_are_offered_is_refused(walks: dict[str, Walk], who: str, other: str) -> None:
    """All that another may do, and this caller has no link to, is refused by the policy."""
    walk = walks[who]
    offered = {(link.method, link.href) for link in walk.seen}
    others = [link for link in walks[other].seen if (link.method, link.href) not in offered]
    refused = [link for link in others if not _is_product(link)]
    assert refused
    for link in refused:
        answer = walk.follow(link)
        assert answer.status == (403 if walk.token else 401), f"{who}: {link}: {answer}"


def _is_product(link: Link) -> bool:
    """Made after the other had passed: anyone might have looked at it."""
    return link.method == "GET" and link.href.startswith("/api/products")
