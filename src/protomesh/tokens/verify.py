"""Tokens verified: compact form, one algorithm per key, answers cached (RFC 7515, RFC 8725)."""

import binascii
import hashlib
import json
import re
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jwt import PyJWTError
from jwt.api_jws import PyJWS

from protomesh.clock import Clock
from protomesh.errors import ConfigError, InvalidToken
from protomesh.tokens.claims import identity_of
from protomesh.tokens.identity import Identity
from protomesh.tokens.issuers import Issuer
from protomesh.tokens.keys import Key

LONGEST = 8192
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _State:
    """Issuers with what their keys verified: replaced together, so that no answer outlives its key."""

    issuers: Mapping[str, Issuer]
    verified: dict[bytes, tuple[float, Identity]] = field(default_factory=dict)


class Verifier:
    """Verifies tokens. Thread safe; a token is held in the cache by its digest only.

    `leeway` is in seconds, `cache_size` in tokens. Two issuers of one name are a ConfigError.
    """

    def __init__(
        self, issuers: Iterable[Issuer], clock: Clock, *, leeway: float = 10.0, cache_size: int = 10_000
    ) -> None:
        self._clock = clock
        self._leeway = leeway
        self._cache_size = cache_size
        self._lock = threading.Lock()
        self._jws = PyJWS()
        self._state = _State(_by_name(issuers))

    def replace(self, issuers: Iterable[Issuer]) -> None:
        """Take other issuers or keys; everything verified so far is forgotten."""
        self._state = _State(_by_name(issuers))

    def verify(self, token: str) -> Identity:
        """The identity that a token gives.

        Raises InvalidToken, and Unavailable where nobody knows whether it counts since the keys of its issuer
        cannot be had. Neither shows the token.
        """
        if len(token) > LONGEST:
            raise InvalidToken("the token is too long")
        state = self._state
        digest = hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=32).digest()
        hit = state.verified.get(digest)
        if hit is not None and hit[0] > self._clock.now():
            return hit[1]
        identity = self._verify(token, state.issuers)
        self._remember(state.verified, digest, identity)
        return identity

    def _verify(self, token: str, issuers: Mapping[str, Issuer]) -> Identity:
        if not COMPACT.fullmatch(token):
            raise InvalidToken("the token is malformed")
        header, claims = (_object(part) for part in token.split(".")[:2])
        issuer = issuers.get(str(claims.get("iss")))
        if issuer is None or not isinstance(claims.get("iss"), str):
            raise InvalidToken("the token's issuer is not known")
        key = _key(header, issuer)
        try:
            self._jws.decode_complete(token, key.key, algorithms=[key.algorithm])
        except PyJWTError:
            raise InvalidToken("the token's signature does not hold") from None
        return identity_of(claims, issuer, self._clock.now(), self._leeway)

    def _remember(
        self, verified: dict[bytes, tuple[float, Identity]], digest: bytes, identity: Identity
    ) -> None:
        with self._lock:
            verified.pop(digest, None)
            while len(verified) >= self._cache_size:
                verified.pop(next(iter(verified)))
            verified[digest] = (identity.expires + self._leeway, identity)


def _key(header: Mapping[str, Any], issuer: Issuer) -> Key:
    """The key that the header names. The key decides the algorithm; the header may only agree.

    Without a `kid` the issuer's only key is meant. Keys carried or linked by the header are never looked at.
    An issuer elsewhere is asked before one of its keys is called unknown.
    """
    if "crit" in header or "b64" in header:
        raise InvalidToken("the token asks for an extension that is not supported")
    named = _named(header, issuer.keys)
    if not named and issuer.seek is not None:
        named = _named(header, issuer.seek())
    if len(named) != 1:
        raise InvalidToken("the token's key is not known")
    if header.get("alg") != named[0].algorithm:
        raise InvalidToken("the token's algorithm is not allowed")
    return named[0]


def _named(header: Mapping[str, Any], keys: tuple[Key, ...]) -> list[Key]:
    return [key for key in keys if key.kid == header["kid"]] if "kid" in header else list(keys)


def _object(part: str) -> dict[str, Any]:
    """One part of a token as a JSON object."""
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidToken("the token is malformed") from None
    if not isinstance(found, dict):
        raise InvalidToken("the token is malformed")
    return found


def _by_name(issuers: Iterable[Issuer]) -> dict[str, Issuer]:
    found: dict[str, Issuer] = {}
    for issuer in issuers:
        if issuer.claim in found:
            raise ConfigError(f"the issuer '{issuer.claim}' stands twice")
        found[issuer.claim] = issuer
    return found
