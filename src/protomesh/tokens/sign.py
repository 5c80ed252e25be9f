"""Tokens signed (RFC 7519, 9068)."""

from collections.abc import Iterable, Mapping

import jwt

from protomesh.clock import Clock
from protomesh.errors import ConfigError
from protomesh.tokens.keys import load_private, public_jwk

RESERVED = frozenset({"iss", "sub", "aud", "iat", "exp", "roles", "scope"})


class Signer:
    """Signs tokens with one private key. An empty `kid` means the key's thumbprint, as in `jwks_of`."""

    def __init__(self, private_key_pem: str, kid: str, issuer: str, clock: Clock) -> None:
        self._key = load_private(private_key_pem)
        jwk = public_jwk(self._key)
        self._headers = {"kid": kid or jwk["kid"]}
        self._algorithm = jwk["alg"]
        self._issuer = issuer
        self._clock = clock

    def sign(
        self,
        subject: str,
        audience: str,
        *,
        roles: Iterable[str] = (),
        scopes: Iterable[str] = (),
        lifetime_seconds: float = 900.0,
        claims: Mapping[str, object] | None = None,
    ) -> str:
        """A token for a user (`u1`) or a service (`service:orders`), with further claims.

        Raises ConfigError where a further claim is one that this method sets.
        """
        taken = RESERVED.intersection(claims or {})
        if taken:
            raise ConfigError(f"the claims {', '.join(sorted(taken))} cannot be given by hand")
        now = int(self._clock.now())
        payload = {
            **(claims or {}),
            "iss": self._issuer,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + lifetime_seconds,
        }
        if names := sorted(roles):
            payload["roles"] = names
        if names := sorted(scopes):
            payload["scope"] = " ".join(names)
        return jwt.encode(payload, self._key, self._algorithm, self._headers)
