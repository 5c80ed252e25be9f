"""Keys: JSON Web Key Sets read with an allow-list, and new keys made (RFC 7517, 7518, 7638, 8037)."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError, PyJWKError

from protomesh.errors import ConfigError

ALGORITHMS: Mapping[tuple[str, str], str] = {
    ("EC", "P-256"): "ES256",
    ("RSA", ""): "RS256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""The one algorithm of each kind of key. A key never serves two, so that none can be confused."""

THUMBPRINT = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
SMALLEST_RSA = 2048
LARGEST = 1024 * 1024
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with its only algorithm; `kid` may be empty."""

    kid: str
    algorithm: str
    key: PyJWK


def read_jwks(jwks: Mapping[str, Any], where: str) -> tuple[Key, ...]:
    """The signature keys of a key set. Keys for encryption and of unknown kinds are passed over.

    Raises ConfigError for private or symmetric keys, weak keys, two keys of one name, and none left.
    """
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ConfigError("no key set: the list 'keys' is missing", where=where)
    keys = [
        key for at, entry in enumerate(entries) if (key := _key(entry, f"{where}: keys[{at}]")) is not None
    ]
    names = [key.kid for key in keys]
    if len(set(names)) != len(names):
        raise ConfigError("two keys have one kid", where=where)
    if not keys:
        allowed = ", ".join(sorted(ALGORITHMS.values()))
        raise ConfigError("no usable key", where=where, fix=f"keys for {allowed} count")
    return tuple(keys)


def parse_jwks(content: bytes, where: str) -> tuple[Key, ...]:
    """The keys of a key set in JSON, at most 1 MiB. Raises ConfigError."""
    if len(content) > LARGEST:
        raise ConfigError("is larger than 1 MiB", where=where)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ConfigError("is not JSON", where=where) from None
    if not isinstance(found, Mapping):
        raise ConfigError("holds no key set", where=where)
    return read_jwks(found, where)


def new_key() -> str:
    """A fresh P-256 private key, PKCS #8 in PEM."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwks_of(pems: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """The public halves of private keys; each `kid` is the key's thumbprint. Raises ConfigError."""
    return {"keys": [public_jwk(load_private(pem)) for pem in pems]}


def load_private(pem: str) -> PrivateKey:
    """A private key that we can sign with. Raises ConfigError, which never shows the key."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ConfigError("no private key in PEM", fix="an unencrypted PKCS #8 key") from None
    if not isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError("a private key of an unknown kind", fix="use P-256, RSA or Ed25519")
    public_jwk(key)
    return key


def public_jwk(key: PrivateKey) -> dict[str, str]:
    """The public half; `kid` is the thumbprint. Raises ConfigError for a curve not allowed."""
    if isinstance(key, EllipticCurvePrivateKey):
        raw = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    elif isinstance(key, RSAPrivateKey):
        raw = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        raw = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = {name: str(raw[name]) for name in THUMBPRINT[str(raw["kty"])]}
    algorithm = _algorithm(public)
    if algorithm is None:
        raise ConfigError(f"the curve {public.get('crv')} is not allowed", fix="use P-256 or Ed25519")
    return {**public, "alg": algorithm, "use": "sig", "kid": thumbprint(public)}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: SHA-256 over the required members."""
    members = {name: jwk[name] for name in THUMBPRINT[jwk["kty"]]}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _algorithm(jwk: Mapping[str, Any]) -> str | None:
    return ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv", ""))))


def _key(entry: Any, where: str) -> Key | None:
    if not isinstance(entry, dict):
        raise ConfigError("no key", where=where)
    if "d" in entry or "k" in entry or entry.get("kty") == "oct":
        raise ConfigError("a private or symmetric key in a public key set", where=where)
    algorithm = _algorithm(entry)
    if algorithm is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    kid = entry.get("kid", "")
    try:
        key = PyJWK(entry, algorithm)
    except (PyJWKError, InvalidKeyError, ValueError, TypeError, KeyError):
        raise ConfigError("a malformed key", where=where) from None
    if not isinstance(kid, str):
        raise ConfigError("a kid that is no text", where=where)
    if algorithm == "RS256" and key.key.key_size < SMALLEST_RSA:
        raise ConfigError(
            f"an RSA key of {key.key.key_size} bits", where=where, fix=f"at least {SMALLEST_RSA}"
        )
    return Key(kid, algorithm, key)
