"""Products, money and stock. Knows no database and no wire."""

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import blake2b

from protomesh.errors import FailedPrecondition, InvalidArgument

ID_BYTES = 8
CURRENCY = re.compile("[A-Z]{3}")
NANOS = 1_000_000_000
DEAREST = 1_000_000_000_000
"""Units: a hundred lines of a thousand each still make a sum that google.type.Money can hold."""


@dataclass(frozen=True, slots=True)
class Price:
    """As google.type.Money: whole units and billionths."""

    currency: str
    units: int
    nanos: int


@dataclass(frozen=True, slots=True)
class Product:
    """`version` grows with every write that a client asked for, and with stock."""

    id: str
    title: str
    price: Price
    stock: int
    version: int

    @property
    def etag(self) -> str:
        """Of the content too: an id may be used again, and versions begin again with it."""
        content = repr((self.title, self.price, self.stock)).encode()
        return f"v{self.version}-{blake2b(content, digest_size=6).hexdigest()}"

    def change(self, new: "Product", fields: frozenset[str]) -> "Product":
        """One version on, with some fields of another product. Raises InvalidArgument."""
        taken = {name: getattr(new, name) for name in fields}
        return sellable(replace(self, version=self.version + 1, **taken))

    def take(self, quantity: int) -> "Product":
        """Fewer in stock. Raises FailedPrecondition."""
        if quantity > self.stock:
            raise FailedPrecondition(f"product {self.id}: {quantity} wanted, {self.stock} in stock")
        return replace(self, stock=self.stock - quantity, version=self.version + 1)

    def put_back(self, quantity: int) -> "Product":
        return replace(self, stock=self.stock + quantity, version=self.version + 1)


def offer(product_id: str, title: str, price: Price, stock: int) -> Product:
    """A new product; the id is made when none was wished for."""
    return sellable(Product(product_id or f"p{secrets.token_hex(ID_BYTES)}", title, price, stock, 1))


def sellable(product: Product) -> Product:
    """The product itself. Raises InvalidArgument when nobody could buy it."""
    if not product.title:
        raise InvalidArgument("product: title is required")
    if not product.price.currency:
        raise InvalidArgument("product: price is required, with its currencyCode")
    if not CURRENCY.fullmatch(product.price.currency):
        raise InvalidArgument("product: the price's currencyCode is three capital letters (ISO 4217)")
    if not (0 <= product.price.units <= DEAREST and 0 <= product.price.nanos < NANOS):
        raise InvalidArgument("product: the price is no amount that can be asked")
    return product


def wanted(lines: list[tuple[str, int]]) -> dict[str, int]:
    """How many of each product, lines of the same product added up.

    In order of the ids, so that two reservations lock rows in the same order.
    """
    sums: dict[str, int] = {}
    for product_id, quantity in sorted(lines):
        sums[product_id] = sums.get(product_id, 0) + quantity
    return sums
