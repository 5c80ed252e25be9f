"""Tokens that must not count, and what is said about them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import InvalidToken, Unauthenticated
from protomesh.tokens import Signer, Verifier
from tests.unit.tokens.support import NOW, Hands, Mint, part, verifier

MINT = Mint()
OTHER = Mint()
TOKEN = MINT.token()
HEAD, BODY, SIGNATURE = TOKEN.split(".")


def _public(form: Encoding) -> bytes:
    key: Any = load_pem_private_key(MINT.pem.encode(), None)
    kind = PublicFormat.SubjectPublicKeyInfo if form is not Encoding.X962 else PublicFormat.UncompressedPoint
    return bytes(key.public_key().public_bytes(form, kind))


def _none(alg: str) -> str:
    return f"{part(json.dumps({'alg': alg, 'kid': MINT.kid}).encode())}.{BODY}."


def _other_key_same_kid() -> str:
    return OTHER.token({"kid": MINT.kid})


def _rsa() -> str:
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Signer(pem, MINT.kid, "mesh", Hands()).sign("u1", "shop")


ATTACKS: list[tuple[str, Callable[[], str], str]] = [
    ("nothing", lambda: "", "malformed"),
    ("none", lambda: _none("none"), "malformed"),
    ("None", lambda: _none("None"), "malformed"),
    ("none with a signature", lambda: _none("none") + SIGNATURE, "algorithm"),
    ("HS256 with the public PEM", lambda: MINT.by_secret(_public(Encoding.PEM)), "algorithm"),
    ("HS256 with the public DER", lambda: MINT.by_secret(_public(Encoding.DER)), "algorithm"),
    ("HS256 with the public point", lambda: MINT.by_secret(_public(Encoding.X962)), "algorithm"),
    ("HS256 with nothing", lambda: MINT.by_secret(b""), "algorithm"),
    ("ES384 in the header", lambda: MINT.token({"alg": "ES384"}), "algorithm"),
    ("es256 in small letters", lambda: MINT.token({"alg": "es256"}), "algorithm"),
    ("no algorithm", lambda: MINT.token({"alg": None}), "algorithm"),
    ("a list of algorithms", lambda: MINT.token({"alg": ["ES256"]}), "algorithm"),
    ("RS256 under our kid", _rsa, "algorithm"),
    ("another key under our kid", _other_key_same_kid, "signature"),
    ("an unknown kid", OTHER.token, "key is not known"),
    ("a kid that is a path", lambda: MINT.token({"kid": "../../dev/null"}), "key is not known"),
    ("a kid that is a list", lambda: MINT.token({"kid": [MINT.kid]}), "key is not known"),
    ("an empty kid", lambda: MINT.token({"kid": ""}), "key is not known"),
    ("its own key in the header", lambda: OTHER.token({"jwk": OTHER.jwks["keys"][0]}), "key is not known"),
    (
        "an address of keys",
        lambda: OTHER.token({"kid": MINT.kid, "jku": "https://evil.example"}),
        "signature",
    ),
    ("a critical extension", lambda: MINT.token({"crit": ["exp"]}), "extension"),
    ("an unencoded payload", lambda: MINT.token({"b64": False, "crit": ["b64"]}), "extension"),
    (
        "a changed payload",
        lambda: f"{HEAD}.{part(json.dumps(MINT.claims(sub='u2')).encode())}.{SIGNATURE}",
        "signature",
    ),
    ("no signature", lambda: f"{HEAD}.{BODY}.", "malformed"),
    ("a zero signature", lambda: f"{HEAD}.{BODY}.{part(bytes(64))}", "signature"),
    ("a short signature", lambda: f"{HEAD}.{BODY}.{SIGNATURE[:40]}", "signature"),
    ("a DER signature", lambda: f"{HEAD}.{BODY}.{part(bytes.fromhex('3006020101020101'))}", "signature"),
    ("two parts", lambda: f"{HEAD}.{BODY}", "malformed"),
    ("four parts", lambda: f"{TOKEN}.{SIGNATURE}", "malformed"),
    ("two dots together", lambda: f"{HEAD}..{SIGNATURE}", "malformed"),
    ("five parts, encrypted", lambda: ".".join(["e30"] * 5), "malformed"),
    ("JSON form", lambda: json.dumps({"payload": BODY, "signatures": []}), "malformed"),
    ("padding", lambda: f"{HEAD}.{BODY}.{SIGNATURE}==", "malformed"),
    ("a space", lambda: f"{TOKEN} ", "malformed"),
    ("a line break", lambda: f"{TOKEN}\n", "malformed"),
    ("letters that only look right", lambda: TOKEN.replace("e", "\u0435"), "malformed"),
    ("plain base64", lambda: f"{HEAD}.{BODY}.{'+/' * 43}", "malformed"),
    ("a broken base64 part", lambda: f"A.{BODY}.{SIGNATURE}", "malformed"),
    ("a header that is a list", lambda: f"{part(b'[]')}.{BODY}.{SIGNATURE}", "malformed"),
    ("a header that is no JSON", lambda: f"{part(b'{')}.{BODY}.{SIGNATURE}", "malformed"),
    ("a payload that is a text", lambda: MINT.signed(b'"u1"'), "malformed"),
    ("a payload that is no UTF-8", lambda: MINT.signed(b'{"iss": "\xff"}'), "malformed"),
    ("deep nesting", lambda: MINT.signed(b"[" * 3000), "malformed"),
    ("a huge token", lambda: MINT.token(pad="x" * 10_000), "too long"),
    ("no issuer", lambda: MINT.token(iss=None), "issuer is not known"),
    ("another issuer", lambda: MINT.token(iss="https://evil.example"), "issuer is not known"),
    ("an issuer that is a list", lambda: MINT.token(iss=["mesh"]), "issuer is not known"),
    ("no audience", lambda: MINT.token(aud=None), "another audience"),
    ("another audience", lambda: MINT.token(aud="bank"), "another audience"),
    ("other audiences", lambda: MINT.token(aud=["bank", 1]), "another audience"),
    ("an audience that is an object", lambda: MINT.token(aud={"shop": 1}), "another audience"),
    ("no subject", lambda: MINT.token(sub=None), "no subject"),
    ("an empty subject", lambda: MINT.token(sub=""), "no subject"),
    ("a blank subject", lambda: MINT.token(sub="  "), "no subject"),
    ("a subject with a space before it", lambda: MINT.token(sub=" u1"), "no subject"),
    ("a number as subject", lambda: MINT.token(sub=1), "no subject"),
    ("a subject with a line break", lambda: MINT.token(sub="u1\nroot"), "no subject"),
    ("a long subject", lambda: MINT.token(sub="u" * 256), "no subject"),
    (
        "a service of an issuer for users",
        lambda: MINT.token(sub="service:orders"),
        "may not speak for a service",
    ),
    ("no expiry", lambda: MINT.token(exp=None), "no expiry"),
    ("an expiry in words", lambda: MINT.token(exp="tomorrow"), "exp is no time"),
    ("a true expiry", lambda: MINT.token(exp=True), "exp is no time"),
    ("an infinite expiry", lambda: MINT.token(exp=float("inf")), "exp is no time"),
    ("an expiry that is no number", lambda: MINT.token(exp=float("nan")), "exp is no time"),
    ("an expiry beyond all numbers", lambda: MINT.token(exp=10**400), "exp is no time"),
    ("not valid yet", lambda: MINT.token(nbf=NOW + 60), "not valid yet"),
    ("issued in the future", lambda: MINT.token(iat=NOW + 60), "not valid yet"),
    ("a list as nbf", lambda: MINT.token(nbf=[NOW]), "nbf is no time"),
    ("roles that are numbers", lambda: MINT.token(roles=[1]), "roles are malformed"),
    ("roles that are an object", lambda: MINT.token(roles={"admin": True}), "roles are malformed"),
]


@pytest.mark.parametrize(
    ("make", "said"), [pytest.param(make, said, id=name) for name, make, said in ATTACKS]
)
def test_an_attack_is_refused(make: Callable[[], str], said: str) -> None:
    token = make()
    with pytest.raises(InvalidToken, match=said) as caught:
        verifier(MINT).verify(token)
    assert caught.value.reason == "invalid_token"
    assert isinstance(caught.value, Unauthenticated)
    for secret in (piece for piece in token.split(".") if len(piece) > 8):
        assert secret not in f"{caught.value} {caught.value.message} {caught.value!r}"


def test_the_untouched_token_counts() -> None:
    assert verifier(MINT).verify(TOKEN).subject == "u1"


def test_an_expired_token_says_so() -> None:
    with pytest.raises(InvalidToken) as caught:
        verifier(MINT).verify(MINT.token(exp=NOW - 60))
    assert caught.value.reason == "expired"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCabc019-_."))
def test_no_changed_token_gives_another_identity(at: int, letter: str) -> None:
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    shared = verifier(MINT)
    try:
        found = shared.verify(changed)
    except InvalidToken:
        return
    # The last letter of a part has bits that mean nothing: what it spells stays the same.
    assert found == shared.verify(TOKEN)


@given(st.text(max_size=300))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        Verifier([MINT.trusted()], Hands()).verify(text)
