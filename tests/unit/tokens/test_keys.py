"""Keys that count, keys that do not, and where they come from."""

import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import ConfigError
from protomesh.tokens import Issuer, Signer, Verifier, jwks_of, new_key, read_jwks
from protomesh.tokens.keys import LARGEST, parse_jwks
from tests.unit.tokens.support import Hands


def _pem(key: Any, password: bytes = b"") -> str:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)).decode()


GOOD = jwks_of([new_key()])["keys"][0]


@pytest.mark.parametrize(
    ("pem", "algorithm"),
    [
        (new_key(), "ES256"),
        (_pem(ed25519.Ed25519PrivateKey.generate()), "EdDSA"),
        (_pem(rsa.generate_private_key(65537, 2048)), "RS256"),
    ],
    ids=["ES256", "EdDSA", "RS256"],
)
def test_each_kind_of_key_signs_and_verifies(pem: str, algorithm: str) -> None:
    jwks = jwks_of([pem])
    keys = read_jwks(jwks, "k")
    assert [key.algorithm for key in keys] == [algorithm]
    token = Signer(pem, "", "mesh", Hands()).sign("u1", "shop")
    assert Verifier([Issuer("mesh", frozenset({"shop"}), keys)], Hands()).verify(token).subject == "u1"
    assert set(jwks["keys"][0]) <= {"kty", "crv", "x", "y", "n", "e", "alg", "use", "kid"}


def test_a_kid_is_the_thumbprint_of_rfc_7638() -> None:
    # The key of RFC 8037, appendix A.2, whose thumbprint appendix A.3 gives.
    private = ed25519.Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert jwks_of([_pem(private)])["keys"][0]["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        ("", "no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no private key in PEM"),
        (_pem(ec.generate_private_key(ec.SECP256R1()), b"pw"), "no private key in PEM"),
        (_pem(ec.generate_private_key(ec.SECP384R1())), "the curve P-384 is not allowed"),
        (_pem(ec.generate_private_key(ec.SECP256K1())), "the curve secp256k1 is not allowed"),
    ],
)
def test_a_key_that_cannot_sign(pem: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        jwks_of([pem])


@pytest.mark.parametrize(
    ("jwks", "where", "said"),
    [
        ({}, "k", "the list 'keys' is missing"),
        ({"keys": []}, "k", "no usable key"),
        ({"keys": ["x"]}, "k: keys[0]", "no key"),
        ({"keys": [GOOD, GOOD]}, "k", "two keys have one kid"),
        ({"keys": [{**GOOD, "d": "AAAA"}]}, "k: keys[0]", "a private or symmetric key"),
        ({"keys": [{"kty": "oct", "k": "AAAA"}]}, "k: keys[0]", "a private or symmetric key"),
        ({"keys": [{**GOOD, "x": "AAAA"}]}, "k: keys[0]", "a malformed key"),
        ({"keys": [{**GOOD, "kid": 1}]}, "k: keys[0]", "a kid that is no text"),
        ({"keys": [{**GOOD, "use": "enc"}]}, "k", "no usable key"),
        ({"keys": [{**GOOD, "alg": "ES384"}]}, "k", "no usable key"),
        ({"keys": [{**GOOD, "kty": "XX"}]}, "k", "no usable key"),
    ],
)
def test_a_key_set_that_does_not_count(jwks: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        read_jwks(jwks, where if where == "k" else "k")
    assert caught.value.where == where


def test_a_short_rsa_key_is_refused() -> None:
    short = jwks_of([_pem(rsa.generate_private_key(65537, 1024))])  # noqa: S505 - weak on purpose
    with pytest.raises(ConfigError, match="an RSA key of 1024 bits"):
        read_jwks(short, "k")


def test_keys_for_other_uses_are_passed_over() -> None:
    keys = read_jwks({"keys": [{**GOOD, "use": "enc", "kid": "x"}, {"kty": "EC", "crv": "P-521"}, GOOD]}, "k")
    assert [key.kid for key in keys] == [GOOD["kid"]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["keys", "kty", "crv", "x", "y", "n", "e", "kid", "use"]), inner, max_size=5
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.just("keys"), st.lists(JSON, max_size=3)))
def test_any_json_is_a_key_set_or_an_error(jwks: dict[str, Any]) -> None:
    try:
        keys = read_jwks(jwks, "k")
    except ConfigError:
        return
    assert keys


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "holds no key set"),
        (b"{}", "'keys' is missing"),
        (b" " * LARGEST + b"{}", "is larger than 1 MiB"),
    ],
)
def test_what_is_no_key_set(content: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        parse_jwks(content, "k")
