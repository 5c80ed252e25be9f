"""Tokens put together by hand, right or wrong in every part."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from protomesh.app.keys import ISSUER
from protomesh.tokens import jwks_of
from tests.e2e.access.people import AUDIENCE

Sign = Callable[[bytes], bytes]
LEFT_OUT = object()
"""In place of a claim or a header's member: it is not there."""


def encoded(data: bytes) -> str:
    """RFC 7515, 2: base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(part: str) -> bytes:
    """The other way, as lenient as Python is."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Forge:
    """Has the mesh's own key, as no attacker has, so that a token can be wrong in one place alone."""

    def __init__(self, pem: str) -> None:
        self._key = _private(pem)
        self.stranger = ec.generate_private_key(ec.SECP256R1())
        self.jwk: Mapping[str, str] = jwks_of([pem])["keys"][0]
        self.kid = self.jwk["kid"]

    @property
    def strangers_jwk(self) -> Mapping[str, str]:
        pem = self.stranger.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return jwks_of([pem.decode()])["keys"][0]

    def public(self, encoding: serialization.Encoding) -> bytes:
        """The mesh's public key: what everybody may know."""
        point = encoding is serialization.Encoding.X962
        form = serialization.PublicFormat
        kind = form.UncompressedPoint if point else form.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(encoding, kind)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Good ones of an admin who is u1, with some changed or left out."""
        now = int(time.time())
        good = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "u1",
            "roles": ["admin"],
            "iat": now,
            "exp": now + 3600,
        }
        return {name: value for name, value in {**good, **changed}.items() if value is not LEFT_OUT}

    def header(self, **changed: Any) -> dict[str, Any]:
        good = {"alg": "ES256", "typ": "JWT", "kid": self.kid}
        return {name: value for name, value in {**good, **changed}.items() if value is not LEFT_OUT}

    def token(
        self, header: Any = None, claims: Any = None, sign: Sign | None = None, *, plain: bool = False
    ) -> str:
        """Signed rightly unless told otherwise; with `plain` the payload stands as it is (RFC 7797)."""
        payload = json.dumps(self.claims() if claims is None else claims).encode()
        head = encoded(json.dumps(self.header() if header is None else header).encode())
        signed = f"{head}.{payload.decode() if plain else encoded(payload)}"
        return f"{signed}.{encoded((sign or self.sign)(signed.encode()))}"

    def sign(self, data: bytes) -> bytes:
        return _es256(self._key, data)

    def sign_as_stranger(self, data: bytes) -> bytes:
        return _es256(self.stranger, data)


def hs(secret: bytes, algorithm: str = "sha256") -> Sign:
    """Signs by a secret (RFC 7518, 3.2)."""
    return lambda data: hmac.digest(secret, data, algorithm)


def rs256(data: bytes) -> bytes:
    """By an RSA key that nobody knows."""
    return rsa.generate_private_key(65537, 2048).sign(data, PKCS1v15(), hashes.SHA256())


def _es256(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """RFC 7518, 3.4: both numbers, one behind the other."""
    first, second = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
