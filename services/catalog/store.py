"""Products and reservations in the database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from protomesh.errors import AlreadyExists, NotFound
from services.catalog.domain import Price, Product

metadata = MetaData()

products = Table(
    "products",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("title", String(200)),
    Column("currency", String(3)),
    Column("units", BigInteger),
    Column("nanos", Integer),
    Column("stock", Integer),
    Column("version", Integer),
)
reservations = Table(
    "reservations",
    metadata,
    Column("order_id", String(63), primary_key=True),
    Column("product_id", String(63), primary_key=True),
    Column("quantity", Integer),
)
released = Table("released", metadata, Column("order_id", String(63), primary_key=True))


def add(tx: Connection, product: Product) -> None:
    """Raises AlreadyExists."""
    try:
        tx.execute(insert(products).values(_values(product)))
    except IntegrityError:
        raise AlreadyExists(f"product {product.id} exists already") from None


def get(tx: Connection, product_id: str, *, to_write: bool = False) -> Product:
    """Raises NotFound. `to_write` locks the row where the database locks rows."""
    query = select(products).where(products.c.id == product_id)
    row = tx.execute(query.with_for_update() if to_write else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no product {product_id}")
    return _product(row)


def page(tx: Connection, after: str, limit: int) -> Sequence[Product]:
    """Up to `limit` products whose ids come after `after`."""
    query = select(products).where(products.c.id > after).order_by(products.c.id).limit(limit)
    return [_product(row) for row in tx.execute(query)]


def save(tx: Connection, product: Product) -> None:
    """Write a product that is there already."""
    tx.execute(update(products).where(products.c.id == product.id).values(_values(product)))


def remove(tx: Connection, product_id: str) -> None:
    """Take a product off sale; what is set aside of it stays."""
    tx.execute(delete(products).where(products.c.id == product_id))


def reserved(tx: Connection, order_id: str) -> dict[str, int]:
    """What is set aside for an order, by product."""
    rows = tx.execute(select(reservations).where(reservations.c.order_id == order_id))
    return {row.product_id: row.quantity for row in rows}


def reserve(tx: Connection, order_id: str, quantities: Mapping[str, int]) -> None:
    """Set quantities aside for an order, by product."""
    rows = [
        {"order_id": order_id, "product_id": name, "quantity": count} for name, count in quantities.items()
    ]
    tx.execute(insert(reservations), rows)


def is_released(tx: Connection, order_id: str) -> bool:
    """Whether the order's stock was given back."""
    return tx.execute(select(released).where(released.c.order_id == order_id)).one_or_none() is not None


def release(tx: Connection, order_id: str) -> None:
    """Nothing is set aside for the order any more, nor ever will be."""
    tx.execute(delete(reservations).where(reservations.c.order_id == order_id))
    tx.execute(insert(released).values(order_id=order_id))


def _values(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "title": product.title,
        "currency": product.price.currency,
        "units": product.price.units,
        "nanos": product.price.nanos,
        "stock": product.stock,
        "version": product.version,
    }


def _product(row: Row[tuple[object, ...]]) -> Product:
    return Product(row.id, row.title, Price(row.currency, row.units, row.nanos), row.stock, row.version)
