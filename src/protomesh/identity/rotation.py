"""Signing keys over time: published before they sign, and until the last token they signed has expired."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the time from which it signs, in seconds since the epoch."""

    kid: str
    pem: str
    signs_from: float


@dataclass(frozen=True, slots=True)
class Rotation:
    """All in seconds. `lead`: how long a key is published before it signs, more than anyone caches a key set.

    `tail`: how long one is published after it signed last, more than a token's life and all clocks' errors.
    """

    interval: float = 30 * 86_400.0
    lead: float = 1_800.0
    tail: float = 1_800.0


def signing(keys: Collection[SigningKey], now: float) -> SigningKey | None:
    """The one that signs: the newest whose time has come."""
    due = [key for key in keys if key.signs_from <= now]
    return max(due, key=lambda key: key.signs_from, default=None)


def next_from(keys: Collection[SigningKey], now: float, rotation: Rotation) -> float | None:
    """From when a key that has to be made now will sign; None where none has to be made.

    The first signs at once: nobody can have cached a set without it. So does one after a pause in which no
    process was there to make it in time, but only after its lead.
    """
    if not keys:
        return now
    newest = max(key.signs_from for key in keys)
    if newest > now or now < newest + rotation.interval - rotation.lead:
        return None
    return max(newest + rotation.interval, now + rotation.lead)


def retired(keys: Collection[SigningKey], now: float, rotation: Rotation) -> list[SigningKey]:
    """Those whose tokens have all expired: they may be forgotten."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    return [old for old, new in pairwise(ordered) if new.signs_from + rotation.tail <= now]
