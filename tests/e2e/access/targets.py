"""What the cases are on. Each case has its own resources wherever its call could change them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

STANDING = ("u1", "u2", "u3", "u4")
"""Users that stand there from the beginning, each with one order."""

PRODUCT = "access-mug"
CLIENT, PASSWORD = "access-client", "correct horse battery staple"
"""A client outside the mesh; and what each user logs in with."""
MISSING, INVALID, TEAPOT = "missing", "UPPER", "teapot"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """Ids that a request takes."""

    user: str = ""
    order: str = ""
    product: str = ""
    secret: str = ""
    """A password, refresh token or client secret."""


class Maker(Protocol):
    """Makes resources; on paper, or in a running mesh."""

    def user(self) -> str: ...

    def order(self, user: str) -> str: ...

    def cancelled(self, user: str) -> str:
        """An order that has been called off."""
        ...

    def product(self) -> str: ...

    def refresh(self) -> str:
        """A refresh token of a new user."""
        ...

    def client(self) -> str:
        """The secret of `CLIENT`."""
        ...

    def standing(self, user: str) -> str:
        """The order that a user has had from the beginning."""
        ...


def fresh(kind: str) -> str:
    """An id that nothing has yet."""
    return f"{kind}-{next(_numbers)}"


class OnPaper:
    """Makes nothing: for counting the tables."""

    def user(self) -> str:
        return fresh("user")

    def order(self, user: str) -> str:
        return fresh(f"order-{user}")

    def cancelled(self, user: str) -> str:
        return self.order(user)

    def product(self) -> str:
        return fresh("product")

    def refresh(self) -> str:
        return fresh("refresh")

    def client(self) -> str:
        return fresh("client")

    def standing(self, user: str) -> str:
        return f"order-{user}"


def target(service: str, call: str, on: str, maker: Maker) -> Target:
    """What `on` means to a call of `service`. Raises KeyError where it means nothing."""
    return SERVICES[service](call, on, maker)


def _of_users(call: str, on: str, maker: Maker) -> Target:
    made: dict[str, Callable[[], str]] = {
        "-": lambda: "",
        "new": lambda: fresh("user") if call == "CreateUser" else maker.user(),
        "own": maker.user,
        "taken": lambda: "u1",
        "missing": lambda: MISSING,
        "invalid": lambda: INVALID,
        **{user: lambda user=user: user for user in STANDING},  # type: ignore[misc] # a default binds the loop's name
    }
    return Target(user=made[on]())


def _of_catalog(call: str, on: str, maker: Maker) -> Target:
    made: dict[str, Callable[[], str]] = {
        "-": lambda: PRODUCT,
        "mug": lambda: PRODUCT,
        "taken": lambda: PRODUCT,
        "new": lambda: fresh("product") if call == "CreateProduct" else maker.product(),
        "missing": lambda: MISSING,
        "invalid": lambda: INVALID,
    }
    return Target(product=made[on](), order=fresh("order"))


def _of_orders(_call: str, on: str, maker: Maker) -> Target:
    """`u1`, or before it `new`, `ended` (orders of its own), `lost` (none), `borrowed` (u2's), `teapot`."""
    which, _, user = on.rpartition(" ")
    user = maker.user() if user == "own" else {"missing": MISSING, "invalid": INVALID}.get(user, user)
    made: dict[str, Callable[[], str]] = {
        "": lambda: maker.standing(user) if user in STANDING else MISSING,
        "new": lambda: maker.order(user),
        "ended": lambda: maker.cancelled(user),
        "lost": lambda: MISSING,
        "borrowed": lambda: maker.standing("u2"),
        "teapot": lambda: MISSING,
    }
    return Target(user, made[which](), TEAPOT if which == "teapot" else PRODUCT)


def _of_identity(call: str, on: str, maker: Maker) -> Target:
    """`wrong` is a secret that is none; each of another name, since failures of one are slowed down."""
    right: dict[str, Callable[[], Target]] = {
        "Login": lambda: Target("u1", secret=PASSWORD),
        "SubmitLogin": lambda: Target("u1", secret=PASSWORD),
        "Refresh": lambda: Target(secret=maker.refresh()),
        "IssueServiceToken": lambda: Target(CLIENT, secret=maker.client()),
    }
    made: dict[str, Callable[[], Target]] = {
        "-": Target,
        "new": lambda: Target(fresh("credential"), secret=PASSWORD),
        "wrong": lambda: Target(fresh("wrong"), secret="guessed, and not right"),
        "invalid": lambda: Target(INVALID, secret=""),
        "right": right.get(call, Target),
    }
    return made[on]()


def _nothing(_call: str, on: str, _maker: Maker) -> Target:
    return {"-": Target()}[on]


SERVICES: dict[str, Callable[[str, str, Maker], Target]] = {
    "shop.users.v1.Users": _of_users,
    "shop.catalog.v1.Catalog": _of_catalog,
    "shop.orders.v1.Orders": _of_orders,
    "mesh.identity.v1.Identity": _of_identity,
    "mesh.portal.v1.Portal": _nothing,
    "grpc.reflection.v1.ServerReflection": _nothing,
    "grpc.reflection.v1alpha.ServerReflection": _nothing,
}
