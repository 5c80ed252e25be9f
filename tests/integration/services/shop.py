"""The reference services, each a server of its own, calling each other over gRPC."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.envelope import from_kafka
from protomesh.identity import Passwords
from protomesh.policy import EventsPolicy, SecurityPolicy, load_events, load_security
from services.catalog.handlers import Catalog
from services.identity.handlers import Identity
from services.orders.handlers import Orders
from services.users.handlers import Users
from shop_pb.shop.orders.v1 import orders_pb2
from shop_pb.shop.users.v1 import users_pb2
from tests.support.answers import Answer
from tests.support.contracts import ROOT
from tests.support.house import House
from tests.support.mint import Mint

USERS, CATALOG, ORDERS = (
    f"shop.{name}" for name in ("users.v1.Users", "catalog.v1.Catalog", "orders.v1.Orders")
)
IDENTITY = "mesh.identity.v1.Identity"
PASSWORD = "correct horse"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
"""Hashes that are quickly worked out: how hard they are is not what these tests are about."""

Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Policies:
    """The project's own policy files."""

    security: SecurityPolicy
    events: EventsPolicy

    @classmethod
    def load(cls, contract: Contract) -> "Policies":
        folder = ROOT / "policies"
        return cls(
            load_security(folder / "security.json", contract), load_events(folder / "events.json", contract)
        )


class Shop:
    """Three servers with one mint."""

    def __init__(self, folder: Path, contract: Contract, policies: Policies) -> None:
        self._folder, self._contract, self._policies = folder, contract, policies
        self.mint = Mint(SystemClock())
        self.identity = self._open("identity", IDENTITY, lambda context: Identity(context, CHEAP))
        self.users = self._open("users", USERS, Users, {IDENTITY: self.identity.address})
        self.catalog = self._open("catalog", CATALOG, Catalog)
        addresses = {USERS: self.users.address, CATALOG: self.catalog.address}
        self.orders = self._open("orders", ORDERS, Orders, addresses)
        self.admin = self.mint.bearer("root", "admin")
        self.fulfil = self.mint.service("fulfil_order")

    def _open(self, name: str, service: str, build: Any, addresses: dict[str, str] | None = None) -> House:
        return House(
            self._folder,
            self._contract,
            lambda context: {service: build(context)},
            name=name,
            rules=self._policies.security,
            events=self._policies.events,
            mint=self.mint,
            migrations=ROOT / "services" / name / "migrations",
            addresses=addresses,
            allowed=frozenset(addresses or {}),
        )

    def close(self) -> None:
        for house in (self.orders, self.catalog, self.users, self.identity):
            house.close()

    def me(self, user_id: str) -> Token:
        return self.mint.bearer(user_id)

    def register(self, user_id: str) -> Token:
        """A user who is there, with a token."""
        user = users_pb2.User(display_name=user_id, email=f"{user_id}@example.com")
        request = users_pb2.CreateUserRequest(user_id=user_id, user=user, password=PASSWORD)
        answer = self.users.ask("CreateUser", request)
        assert answer.code == "OK", answer.message
        return self.me(user_id)

    def order(self, me: Token, user_id: str, *lines: tuple[str, int], address: str = "here") -> Answer:
        wanted = [orders_pb2.OrderLine(product_id=name, quantity=count) for name, count in lines]
        order = orders_pb2.Order(lines=wanted, delivery_address=address)
        return self.orders.ask("CreateOrder", orders_pb2.CreateOrderRequest(user_id=user_id, order=order), me)


def types(house: House) -> list[str]:
    """The types of the events in a server's outbox."""
    return [from_kafka(row.key, row.value, row.headers).type for row in house.outbox()]
