"""Credentials, refresh tokens and signing keys in the database."""

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from protomesh.errors import Aborted
from protomesh.identity import SigningKey, Token
from services.identity.domain import Credential

metadata = MetaData()
credentials = Table(
    "credentials",
    metadata,
    Column("user_id", String(63), primary_key=True),
    Column("hash", String(255)),
    Column("touched", Float),
)
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("family", String(64)),
    Column("user_id", String(63)),
    Column("expires", Float),
    Column("used", Float),
)
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("pem", String),
    Column("signs_from", Float),
)
attempts = Table(
    "attempts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("count", Integer),
    Column("last", Float),
)


def credential(tx: Connection, user_id: str, *, to_write: bool = False) -> Credential | None:
    """A user's credential. `to_write` locks the row where the database locks rows."""
    query = select(credentials).where(credentials.c.user_id == user_id)
    row = tx.execute(query.with_for_update() if to_write else query).one_or_none()
    return Credential(*row) if row is not None else None


def put(tx: Connection, found: Credential | None, new: Credential) -> None:
    """Write a credential in the place of the one found. Raises Aborted for a race that was lost."""
    values = {"user_id": new.user_id, "hash": new.hash, "touched": new.touched}
    if found is not None:
        tx.execute(update(credentials).where(credentials.c.user_id == new.user_id).values(values))
        return
    try:
        tx.execute(insert(credentials).values(values))
    except IntegrityError:
        raise Aborted(f"user {new.user_id} is being made by another call; try again") from None


def touch(tx: Connection, user_id: str, now: float) -> None:
    """A token was given for this user."""
    tx.execute(update(credentials).where(credentials.c.user_id == user_id).values(touched=now))


def token(tx: Connection, digest: str) -> Token | None:
    """A refresh token. Who writes one holds the lock on its user's credential."""
    row = tx.execute(select(refresh_tokens).where(refresh_tokens.c.digest == digest)).one_or_none()
    return Token(*row) if row is not None else None


def add(tx: Connection, new: Token) -> None:
    """Keep a refresh token."""
    tx.execute(
        insert(refresh_tokens).values(
            digest=new.digest, family=new.family, user_id=new.user_id, expires=new.expires, used=new.used
        )
    )


def rotated(tx: Connection, old: Token, now: float) -> None:
    """A refresh token has been used."""
    tx.execute(update(refresh_tokens).where(refresh_tokens.c.digest == old.digest).values(used=now))


def revoke_family(tx: Connection, family: str) -> None:
    """No token of this login counts any more."""
    tx.execute(delete(refresh_tokens).where(refresh_tokens.c.family == family))


def revoke_user(tx: Connection, user_id: str) -> None:
    """No token of this user counts any more."""
    tx.execute(delete(refresh_tokens).where(refresh_tokens.c.user_id == user_id))


def keys(tx: Connection) -> Sequence[SigningKey]:
    """All signing keys."""
    return [SigningKey(*row) for row in tx.execute(select(signing_keys))]


def lock_keys(tx: Connection) -> None:
    """One replica at a time makes keys; on SQLite a transaction that may write is alone anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(7041777)"))


def add_key(tx: Connection, key: SigningKey) -> None:
    """Publish a key."""
    tx.execute(insert(signing_keys).values(kid=key.kid, pem=key.pem, signs_from=key.signs_from))


def remove_key(tx: Connection, kid: str) -> None:
    """Forget a key."""
    tx.execute(delete(signing_keys).where(signing_keys.c.kid == kid))


def purge(tx: Connection, expired: float) -> None:
    """Forget tokens that ended by this time."""
    tx.execute(delete(refresh_tokens).where(refresh_tokens.c.expires <= expired))


def purge_attempts(tx: Connection, failed: float, any_: float) -> None:
    """Forget counts of failures, and anything at all, last written before these times."""
    tx.execute(delete(attempts).where(attempts.c.last <= failed, attempts.c.count > 0))
    tx.execute(delete(attempts).where(attempts.c.last <= any_))
