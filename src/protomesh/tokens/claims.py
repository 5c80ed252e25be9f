"""The claims of a token whose signature holds: checked, and turned into an identity (RFC 7519, 9068)."""

from collections.abc import Mapping
from types import MappingProxyType

from protomesh.errors import InvalidToken
from protomesh.tokens.identity import SERVICE, Identity
from protomesh.tokens.issuers import Issuer

LONGEST_SUBJECT = 255
"""OpenID Connect Core, section 2: `sub` has at most 255 ASCII characters."""

LATEST = 1e15
"""Seconds since the epoch beyond which a number is no time; not-a-number is not below it either."""


def identity_of(claims: Mapping[str, object], issuer: Issuer, now: float, leeway: float) -> Identity:
    """The identity that the claims give at `now` (seconds since the epoch). Raises InvalidToken."""
    expires = _times(claims, now, leeway)
    _audience(claims.get("aud"), issuer)
    subject, service = _subject(claims.get("sub"), issuer)
    if issuer.only:
        return Identity(service=service, issuer=issuer.issuer, expires=expires)
    return Identity(
        subject=subject,
        roles=_roles(claims, issuer.roles),
        scopes=_names(claims.get("scope", claims.get("scp")), "scope"),
        issuer=issuer.issuer,
        claims=MappingProxyType(dict(claims)),
        expires=expires,
        service=service,
    )


def _times(claims: Mapping[str, object], now: float, leeway: float) -> float:
    """Check `exp`, which is required, `nbf` and `iat`; the expiry."""
    expires = _time(claims, "exp")
    if expires is None:
        raise InvalidToken("the token has no expiry")
    if expires + leeway <= now:
        raise InvalidToken("the token has expired", reason="expired")
    for name in ("nbf", "iat"):
        begins = _time(claims, name)
        if begins is not None and begins - leeway > now:
            raise InvalidToken("the token is not valid yet")
    return expires


def _time(claims: Mapping[str, object], name: str) -> float | None:
    """A NumericDate, None where the claim is absent."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LATEST:
        raise InvalidToken(f"the token's {name} is no time")
    return float(value)


def _audience(value: object, issuer: Issuer) -> None:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not any(
        isinstance(name, str) and name in issuer.audiences for name in names
    ):
        raise InvalidToken("the token is for another audience")


def _subject(value: object, issuer: Issuer) -> tuple[str, str]:
    """The end user or the service, the other one empty."""
    if not isinstance(value, str) or not _usable(value):
        raise InvalidToken("the token has no subject")
    if not value.startswith(SERVICE):
        if issuer.only:
            raise InvalidToken("the token's issuer may not speak for a user")
        return value, ""
    service = value.removeprefix(SERVICE)
    if not issuer.services or not _usable(service) or issuer.only not in {"", service}:
        raise InvalidToken("the token's issuer may not speak for a service")
    return "", service


def _usable(name: str) -> bool:
    """Whether a subject or a service's name can stand in a log and be compared by eye."""
    return 0 < len(name) <= LONGEST_SUBJECT and name == name.strip() and name.isprintable()


def _roles(claims: Mapping[str, object], path: str) -> frozenset[str]:
    """The roles at a dotted path; a claim whose own name has the dots comes first (`https://x.example/roles`)."""
    if path in claims:
        return _names(claims[path], "roles")
    value: object = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return _names(value, "roles")


def _names(value: object, what: str) -> frozenset[str]:
    """A list of names, or one string with spaces between them; none where the claim is absent."""
    names = value.split() if isinstance(value, str) else ([] if value is None else value)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidToken(f"the token's {what} are malformed")
    return frozenset(name for name in names if name)
