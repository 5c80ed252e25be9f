"""A clock with hands to turn, keys, and tokens made by hand, also wrong ones."""

import hashlib
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protomesh.tokens import Issuer, Verifier, jwks_of, new_key, read_jwks

NOW = 1_700_000_000.0


class Hands:
    """A clock that stands still until it is turned."""

    def __init__(self, at: float = NOW) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float, until: threading.Event | None = None) -> bool:
        self.at += seconds
        return until is not None and until.is_set()


class Mint:
    """An issuer with one P-256 key, and the tokens that it or an attacker could make."""

    def __init__(self, issuer: str = "mesh") -> None:
        self.issuer = issuer
        self.pem = new_key()
        self.jwks = jwks_of([self.pem])
        self.kid = self.jwks["keys"][0]["kid"]

    def trusted(self, **more: Any) -> Issuer:
        return Issuer(self.issuer, frozenset({"shop"}), read_jwks(self.jwks, "jwks"), **more)

    def claims(self, **change: Any) -> dict[str, Any]:
        whole = {"iss": self.issuer, "sub": "u1", "aud": "shop", "exp": NOW + 900, "iat": NOW, **change}
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **change: Any) -> str:
        """Properly signed, with some claims changed (None leaves one out)."""
        return self.signed(json.dumps(self.claims(**change)).encode(), header)

    def signed(self, payload: bytes, header: dict[str, Any] | None = None) -> str:
        """Any payload, properly signed."""
        whole = {"alg": "ES256", "typ": "JWT", "kid": self.kid, **(header or {})}
        whole = {name: value for name, value in whole.items() if value is not None}
        content = f"{part(json.dumps(whole).encode())}.{part(payload)}"
        key: Any = load_pem_private_key(self.pem.encode(), None)
        signature = jwt.get_algorithm_by_name("ES256").sign(content.encode(), key)
        return f"{content}.{part(signature)}"

    def by_secret(self, secret: bytes) -> str:
        """HS256 with a secret that an attacker knows, such as the public key."""
        header = part(json.dumps({"alg": "HS256", "kid": self.kid}).encode())
        content = f"{header}.{part(json.dumps(self.claims()).encode())}"
        return f"{content}.{part(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


@dataclass(frozen=True)
class Declared:
    """An issuer as a policy declares it."""

    jwks: str
    issuer: str = "mesh"
    audiences: tuple[str, ...] = ("shop",)
    services: bool = False
    roles: str = ""
    path: str = "issuers[0]"


def part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def verifier(mint: Mint, clock: Hands | None = None, **more: Any) -> Verifier:
    return Verifier([mint.trusted(**more)], clock or Hands())
