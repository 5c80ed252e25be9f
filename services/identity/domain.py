"""When a user's id may get a password, and how long one is held. Knows no database and no wire."""

import re
from dataclasses import dataclass
from enum import Enum

USER_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

ACCESS_LIFETIME = 900.0
"""Seconds that an access token counts."""
HOLD = 1_200.0
"""Seconds that a registration which broke off holds its id after its last token: longer than one counts."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A user's password hash; empty for an id whose user was deleted.

    `touched`: when it was put or a token was last given for it, in seconds since the epoch.
    """

    user_id: str
    hash: str
    touched: float


def is_user_id(text: str) -> bool:
    """Whether a user can be called that."""
    return USER_ID.fullmatch(text) is not None


class Put(Enum):
    """What comes of a password that is to be put for an id."""

    INSERT = "insert"
    SAME = "same"
    REPLACE = "replace"
    REFUSE = "refuse"


def judge(found: Credential | None, now: float, *, same: bool) -> Put:
    """`same`: whether the stored password is the one that is put.

    Whoever puts a password says that there is no such user. So a stored one is either that of a registration
    still going on, or of one that was never finished: it gives way once no token of it can count any more.
    The id of a user who was deleted is nobody's for ever: other services, logs and events still know the user
    by it, and a stranger with the id would be given what they keep.
    """
    if found is None:
        return Put.INSERT
    if not found.hash:
        return Put.REFUSE
    if same:
        return Put.SAME
    return Put.REPLACE if now - found.touched >= HOLD else Put.REFUSE
