"""Orders, their states and their sums. Knows no database and no wire."""

import secrets
from dataclasses import dataclass, replace
from enum import IntEnum

from protomesh.errors import FailedPrecondition, InvalidArgument, Teapot

ID_BYTES = 8
NANOS = 1_000_000_000


class State(IntEnum):
    """As shop.orders.v1.Order.State."""

    PLACED = 1
    CONFIRMED = 2
    REJECTED = 3
    CANCELLED = 4


FOLLOWS = {
    State.CONFIRMED: {State.PLACED},
    State.REJECTED: {State.PLACED},
    State.CANCELLED: {State.PLACED, State.CONFIRMED},
}
"""From which states each one can be reached."""

CLOSED = {State.REJECTED, State.CANCELLED}


@dataclass(frozen=True, slots=True)
class Line:
    """So many of a product, and what one cost."""

    product_id: str
    quantity: int
    currency: str
    units: int
    nanos: int


@dataclass(frozen=True, slots=True)
class Order:
    """`version` grows with every write."""

    id: str
    user_id: str
    lines: tuple[Line, ...]
    state: State
    delivery_address: str
    reason: str
    version: int
    created: float

    @property
    def etag(self) -> str:
        return f"v{self.version}"

    @property
    def total(self) -> tuple[str, int, int]:
        """Currency, units and nanos of the sum."""
        nanos = sum(line.quantity * (line.units * NANOS + line.nanos) for line in self.lines)
        return self.lines[0].currency, nanos // NANOS, nanos % NANOS

    def become(self, state: State, reason: str = "") -> "Order":
        """The order in its next state; the same when it is there already. Raises FailedPrecondition."""
        if self.state is state:
            return self
        if self.state not in FOLLOWS[state]:
            raise FailedPrecondition(
                f"order {self.id} is {self.state.name.lower()}: it cannot be {state.name.lower()}"
            )
        return replace(self, state=state, reason=reason, version=self.version + 1)

    def deliver_to(self, address: str) -> "Order":
        """Raises FailedPrecondition once the order is closed."""
        if self.state in CLOSED:
            raise FailedPrecondition(f"order {self.id} is {self.state.name.lower()}: it can no longer change")
        return replace(self, delivery_address=address, version=self.version + 1)

    def must_be_removable(self) -> None:
        """Raises FailedPrecondition while it is open: its stock is given back only when it is called off."""
        if self.state not in CLOSED:
            raise FailedPrecondition(
                f"order {self.id} is {self.state.name.lower()}: cancel it first, then it can be removed"
            )


def place(user_id: str, lines: tuple[Line, ...], address: str, now: float) -> Order:
    """A new order. Raises InvalidArgument when its sum would mix currencies."""
    if len({line.currency for line in lines}) > 1:
        raise InvalidArgument("order.lines: all products of an order must be priced in one currency")
    return Order(f"o{secrets.token_hex(ID_BYTES)}", user_id, lines, State.PLACED, address, "", 1, now)


def must_be_orderable(product_ids: list[str]) -> None:
    """Raises InvalidArgument for an empty order and Teapot (RFC 2324, 2.3.2) for one of a teapot."""
    if not product_ids:
        raise InvalidArgument("order.lines: an order needs at least one line")
    if "teapot" in product_ids:
        raise Teapot("the teapot is not for coffee")
