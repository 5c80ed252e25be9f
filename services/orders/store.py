"""Orders in the database."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
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

from protomesh.errors import NotFound
from services.orders.domain import Line, Order, State

metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("user_id", String(63)),
    Column("state", Integer),
    Column("delivery_address", String(500)),
    Column("reason", String(500)),
    Column("version", Integer),
    Column("created", Float),
)
lines = Table(
    "order_lines",
    metadata,
    Column("order_id", String(63), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("product_id", String(63)),
    Column("quantity", Integer),
    Column("currency", String(3)),
    Column("units", BigInteger),
    Column("nanos", Integer),
)


def add(tx: Connection, order: Order) -> None:
    """A new order with its lines."""
    tx.execute(
        insert(orders).values(id=order.id, user_id=order.user_id, created=order.created, **_changing(order))
    )
    tx.execute(
        insert(lines),
        [
            {
                "order_id": order.id,
                "position": position,
                "product_id": line.product_id,
                "quantity": line.quantity,
                "currency": line.currency,
                "units": line.units,
                "nanos": line.nanos,
            }
            for position, line in enumerate(order.lines)
        ],
    )


def get(tx: Connection, order_id: str, user_id: str | None = None, *, to_write: bool = False) -> Order:
    """Raises NotFound, also when the order is another user's."""
    query = select(orders).where(orders.c.id == order_id)
    row = tx.execute(query.with_for_update() if to_write else query).one_or_none()
    if row is None or user_id not in {None, row.user_id}:
        raise NotFound(f"there is no order {order_id}")
    return _order(row, _lines(tx, [order_id])[order_id])


def page(tx: Connection, user_id: str, after: str, limit: int) -> Sequence[Order]:
    """Up to `limit` of a user's orders whose ids come after `after`."""
    query = (
        select(orders)
        .where(orders.c.user_id == user_id, orders.c.id > after)
        .order_by(orders.c.id)
        .limit(limit)
    )
    rows = tx.execute(query).all()
    of_order = _lines(tx, [row.id for row in rows])
    return [_order(row, of_order[row.id]) for row in rows]


def save(tx: Connection, order: Order) -> None:
    """Write what can change of an order."""
    tx.execute(update(orders).where(orders.c.id == order.id).values(_changing(order)))


def remove(tx: Connection, order_id: str) -> None:
    """Remove an order with its lines."""
    tx.execute(delete(lines).where(lines.c.order_id == order_id))
    tx.execute(delete(orders).where(orders.c.id == order_id))


def _changing(order: Order) -> dict[str, object]:
    return {
        "state": int(order.state),
        "delivery_address": order.delivery_address,
        "reason": order.reason,
        "version": order.version,
    }


def _lines(tx: Connection, order_ids: list[str]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, tuple[Line, ...]] = dict.fromkeys(order_ids, ())
    query = select(lines).where(lines.c.order_id.in_(order_ids)).order_by(lines.c.order_id, lines.c.position)
    for row in tx.execute(query):
        line = Line(row.product_id, row.quantity, row.currency, row.units, row.nanos)
        found[row.order_id] = (*found[row.order_id], line)
    return found


def _order(row: Row[tuple[object, ...]], of_order: tuple[Line, ...]) -> Order:
    return Order(
        row.id,
        row.user_id,
        of_order,
        State(row.state),
        row.delivery_address,
        row.reason,
        row.version,
        row.created,
    )
