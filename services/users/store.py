"""Users in the database."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Float, Integer, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from protomesh.errors import AlreadyExists, NotFound
from services.users.domain import User

users = Table(
    "users",
    MetaData(),
    Column("id", String(63), primary_key=True),
    Column("display_name", String(100)),
    Column("email", String(254)),
    Column("version", Integer),
    Column("created", Float),
    Column("updated", Float),
)


def add(tx: Connection, user: User) -> None:
    """Raises AlreadyExists."""
    try:
        tx.execute(
            insert(users).values(
                id=user.id,
                display_name=user.display_name,
                email=user.email,
                version=user.version,
                created=user.created,
                updated=user.updated,
            )
        )
    except IntegrityError:
        raise AlreadyExists(f"user {user.id} exists already") from None


def must_be_free(tx: Connection, user_id: str) -> None:
    """Raises AlreadyExists."""
    if tx.execute(select(users.c.id).where(users.c.id == user_id)).one_or_none() is not None:
        raise AlreadyExists(f"user {user_id} exists already")


def get(tx: Connection, user_id: str, *, to_write: bool = False) -> User:
    """Raises NotFound. `to_write` locks the row where the database locks rows."""
    query = select(users).where(users.c.id == user_id)
    row = tx.execute(query.with_for_update() if to_write else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no user {user_id}")
    return User(*row)


def page(tx: Connection, after: str, limit: int) -> Sequence[User]:
    """Up to `limit` users whose ids come after `after`."""
    query = select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    return [User(*row) for row in tx.execute(query)]


def remove(tx: Connection, user_id: str) -> None:
    """Remove a user; one who is not there is no error."""
    tx.execute(delete(users).where(users.c.id == user_id))
