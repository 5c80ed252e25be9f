"""What a user is, and the rules about one. Knows no database and no wire."""

import secrets
from dataclasses import dataclass, replace

from protomesh.errors import InvalidArgument

ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class User:
    """`version` grows with every write; times in seconds since the epoch."""

    id: str
    display_name: str
    email: str
    version: int
    created: float
    updated: float

    @property
    def etag(self) -> str:
        """With the time of the registration: an id whose user was removed may be registered again."""
        return f"v{self.version}-{round(self.created * 1e6):x}"


def register(user_id: str, display_name: str, email: str, now: float) -> User:
    """A new user; the id is made when none was wished for."""
    if not display_name or not email:
        raise InvalidArgument("user: displayName and email are required")
    return User(user_id or f"u{secrets.token_hex(ID_BYTES)}", display_name, email, 1, now, now)


def changed(user: User, now: float) -> User:
    """The user one version on."""
    return replace(user, version=user.version + 1, updated=now)
