"""Failed attempts slow down the next ones: per account and address, per account, and per address."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

FORGET = 3_600.0
"""Seconds after the last attempt."""
REMEMBER = 30 * 86_400.0
"""Seconds that an address is known to an account after the last right password from there."""
HOUSE = 64
"""Bits of an IPv6 address that one household or machine has (RFC 6177)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` attempts cost nothing; each more doubles the wait from one second up to `most` seconds."""

    kind: str
    free: int
    most: float


PAIR = Limit("pair", 5, 900.0)
ACCOUNT = Limit("account", 25, 30.0)
"""Loose, and not for addresses known to the account: strangers who guess must not lock the owner out."""
ADDRESS = Limit("address", 50, 900.0)


@dataclass(frozen=True, slots=True)
class Attempts:
    """How many failed, and when the last one was, in seconds since the epoch."""

    key: str
    count: int = 0
    last: float = 0.0


def keys_of(account: str, address: str) -> tuple[tuple[Limit, str], ...]:
    """Each limit with the name of its count; digests, so that none says who it is."""
    home = household(address)
    return (
        (PAIR, _digest(PAIR, account, home)),
        (ACCOUNT, _digest(ACCOUNT, account)),
        (ADDRESS, _digest(ADDRESS, home)),
    )


def known_of(account: str, address: str) -> str:
    """The name under which is kept when the account was last entered from that address."""
    return hashlib.sha256("\0".join(("known", account, household(address))).encode()).hexdigest()


def longest(counted: Iterable[tuple[Limit, Attempts]], known: Attempts | None, now: float) -> float:
    """Seconds until the next attempt may be made; `known` is what is kept of a known address."""
    friend = known is not None and now - known.last < REMEMBER
    return max(wait(limit, each, now) for limit, each in counted if not (friend and limit is ACCOUNT))


def wait(limit: Limit, attempts: Attempts, now: float) -> float:
    """Seconds until the next attempt may be made; 0 for at once."""
    over = attempts.count - limit.free
    if over < 0 or now - attempts.last >= FORGET:
        return 0.0
    delay = min(limit.most, 2.0 ** min(over, 30))
    return max(0.0, attempts.last + delay - now)


def failed(attempts: Attempts, now: float) -> Attempts:
    """One more."""
    count = 0 if now - attempts.last >= FORGET else attempts.count
    return replace(attempts, count=count + 1, last=now)


def household(address: str) -> str:
    """The network that counts as one: an IPv4 address, or the first half of an IPv6 one; else the text."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> HOUSE << HOUSE))
    return str(parsed)


def remembered(key: str, now: float) -> Attempts:
    """A right password was given from the address."""
    return Attempts(key, 0, now)


def _digest(limit: Limit, *parts: str) -> str:
    return hashlib.sha256("\0".join((limit.kind, *parts)).encode()).hexdigest()
