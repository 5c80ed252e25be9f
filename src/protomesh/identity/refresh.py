"""Refresh tokens: each counts once, and one that comes back ends its whole family (RFC 9700, 4.14.2)."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import Enum

LIFETIME = 30 * 86_400.0
"""Seconds."""
GRACE = 10.0
"""Seconds within which a second use is taken for two tabs at once: refused, but the family lives."""
RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is stored; times in seconds since the epoch. `used` is None until it was rotated."""

    digest: str
    family: str
    user_id: str
    expires: float
    used: float | None = None


class Outcome(Enum):
    """What comes of a token that is shown."""

    ROTATE = "rotate"
    REFUSE = "refuse"
    RACE = "race"
    REVOKE = "revoke"


def new_secret() -> str:
    """A token, or the name of a family: 256 random bits."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def digest(token: str) -> str:
    """What is stored of a token. It is random, so that one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def judge(token: Token | None, now: float) -> Outcome:
    """What to do with a token that is shown; None is one that nobody knows, or whose family was revoked."""
    if token is None:
        return Outcome.REFUSE
    if token.used is not None:
        return Outcome.RACE if 0 <= now - token.used < GRACE else Outcome.REVOKE
    return Outcome.REFUSE if token.expires <= now else Outcome.ROTATE


def successor(token: Token, secret: str, now: float) -> Token:
    """The next one of the family."""
    return Token(digest(secret), token.family, token.user_id, now + LIFETIME)
