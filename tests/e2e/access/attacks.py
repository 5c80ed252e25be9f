"""Known attacks on tokens, each as the headers that carry it.

Sources: RFC 8725 (JSON Web Token Best Current Practices), RFC 7515, RFC 7519, RFC 6750.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.e2e.access.forge import LEFT_OUT, Forge, decoded, encoded, hs, rs256

Headers = list[tuple[str, str]]
Make = Callable[[Forge], str]
ENCRYPTED = encoded(b'{"alg":"dir","enc":"A128GCM"}')
SPARE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (SEC 2, 2.4.2)."""


def _unsigned(alg: Any) -> Make:
    return lambda forge: forge.token(forge.header(alg=alg), sign=lambda _: b"")


def _by_secret(secret: Callable[[Forge], bytes], alg: str = "HS256", size: str = "sha256") -> Make:
    return lambda forge: forge.token(forge.header(alg=alg), sign=hs(secret(forge), size))


def _header(**changed: Any) -> Make:
    """Signed by the right key: only the header is wrong."""
    return lambda forge: forge.token(forge.header(**changed))


def _strange(**changed: Any) -> Make:
    """Signed by another key, which the header would explain."""
    return lambda forge: forge.token(forge.header(**changed), sign=forge.sign_as_stranger)


def _claims(**changed: Any) -> Make:
    return lambda forge: forge.token(claims=forge.claims(**changed))


def _signature(data: bytes) -> Make:
    return lambda forge: forge.token(sign=lambda _: data)


def _parts(change: Callable[[str, str, str], str]) -> Make:
    """A good token, put together otherwise."""
    return lambda forge: change(*forge.token().split("."))


def spelt_otherwise(part: str) -> str:
    """The same bytes in other letters: the last letter has bits that mean nothing."""
    last = SPARE.index(part[-1])
    other = part[:-1] + SPARE[last ^ 1]
    assert other != part
    assert decoded(other) == decoded(part), "this part has no bits to spare"
    return other


def _respelt_payload(forge: Forge) -> str:
    """Changed after the signature, in bits that mean nothing."""
    for size in range(1, 4):
        head, body, signature = forge.token(claims=forge.claims(pad="x" * size)).split(".")
        if len(body) % 4:
            return f"{head}.{spelt_otherwise(body)}.{signature}"
    raise AssertionError


def _later(seconds: float) -> int:
    return int(time.time() + seconds)


def _embedded(forge: Forge, address: str, **more: Any) -> Headers:
    header = forge.header(jwk=forge.strangers_jwk, jku=address, x5u=address, **more)
    return _bearer(forge.token(header, sign=forge.sign_as_stranger))


def _bearer(token: str) -> Headers:
    return [("Authorization", f"Bearer {token}")]


TOKENS: Mapping[str, Make] = {
    **{f"alg {alg or 'empty'}": _unsigned(alg) for alg in ("none", "None", "NONE", "nOnE", "")},
    "alg none that keeps the signature": _header(alg="none"),
    "alg none in a list": _unsigned(["none"]),
    "alg null": _unsigned(None),
    "no alg": _header(alg=LEFT_OUT),
    "no signature": _parts(lambda head, body, _: f"{head}.{body}."),
    "two parts": _parts(lambda head, body, _: f"{head}.{body}"),
    "HS256 with the public PEM": _by_secret(lambda forge: forge.public(Encoding.PEM)),
    "HS256 with the PEM without its last line's end": _by_secret(
        lambda forge: forge.public(Encoding.PEM).rstrip()
    ),
    "HS256 with the public DER": _by_secret(lambda forge: forge.public(Encoding.DER)),
    "HS256 with the public point": _by_secret(lambda forge: forge.public(Encoding.X962)),
    "HS256 with the JWK": _by_secret(lambda forge: json.dumps(forge.jwk).encode()),
    "HS256 with the key set": _by_secret(lambda forge: json.dumps({"keys": [forge.jwk]}).encode()),
    "HS256 with x": _by_secret(lambda forge: forge.jwk["x"].encode()),
    "HS256 with nothing": _by_secret(lambda _: b""),
    "HS384 with the public PEM": _by_secret(lambda forge: forge.public(Encoding.PEM), "HS384", "sha384"),
    "HS512 with the public PEM": _by_secret(lambda forge: forge.public(Encoding.PEM), "HS512", "sha512"),
    "ES256 in small letters": _header(alg="es256"),
    "ES384": _header(alg="ES384"),
    "RS256 under our kid": lambda forge: forge.token(forge.header(alg="RS256"), sign=rs256),
    "another key under our kid": _strange(),
    "another key without a kid": _strange(kid=LEFT_OUT),
    "unknown kid": _strange(kid="stranger"),
    "unknown kid on our key": _header(kid="stranger"),
    "kid null": _header(kid=None),
    "kid empty": _header(kid=""),
    "kid a number": _header(kid=0),
    "kid a list": lambda forge: forge.token(forge.header(kid=[forge.kid])),
    "kid an object": lambda forge: forge.token(forge.header(kid={"kid": forge.kid})),
    "kid a path": lambda forge: forge.token(
        forge.header(alg="HS256", kid="../../../../dev/null"), sign=hs(b"")
    ),
    "kid a path on our key": _header(kid="../../keys/development.pem"),
    "kid an absolute path": _header(kid="/etc/passwd"),
    "kid SQL": _header(kid="' UNION SELECT 'secret' --"),
    "kid SQL that drops": _header(kid="x'; DROP TABLE users; --"),
    "kid a command": _header(kid="$(touch /tmp/kid)|touch /tmp/kid"),
    "kid with a zero byte": lambda forge: forge.token(forge.header(kid=f"{forge.kid}\0")),
    "kid with a line's end": lambda forge: forge.token(forge.header(kid=f"{forge.kid}\nx")),
    "kid long": _header(kid="k" * 2000),
    "typ of another protocol's, another key": _strange(typ="at+jwt"),
    "crit": _header(crit=["exp"]),
    "crit empty": _header(crit=[]),
    "crit of a stranger's": _header(crit=["x-admin"], **{"x-admin": True}),
    "b64 false": lambda forge: forge.token(forge.header(b64=False, crit=["b64"])),
    "b64 false without crit": _header(b64=False),
    "b64 false and the payload plain": lambda forge: forge.token(
        forge.header(b64=False, crit=["b64"]), plain=True
    ),
    "expired": lambda forge: forge.token(claims=forge.claims(exp=_later(-60))),
    "expired long ago": _claims(exp=1),
    "exp in words": _claims(exp="2099-01-01"),
    "exp as text": lambda forge: forge.token(claims=forge.claims(exp=str(_later(3600)))),
    "exp true": _claims(exp=True),
    "exp infinite": _claims(exp=float("inf")),
    "exp not a number": _claims(exp=float("nan")),
    "exp beyond all": _claims(exp=10**400),
    "exp negative": _claims(exp=-1),
    "not valid yet": lambda forge: forge.token(claims=forge.claims(nbf=_later(60))),
    "nbf a list": _claims(nbf=[0]),
    "issued in the future": lambda forge: forge.token(claims=forge.claims(iat=_later(60))),
    "no exp": _claims(exp=LEFT_OUT),
    "no iss": _claims(iss=LEFT_OUT),
    "no aud": _claims(aud=LEFT_OUT),
    "no sub": _claims(sub=LEFT_OUT),
    "no claim at all": lambda forge: forge.token(claims={}),
    "sub empty": _claims(sub=""),
    "sub blank": _claims(sub="   "),
    "sub null": _claims(sub=None),
    "sub a number": _claims(sub=1),
    "sub a list": _claims(sub=["u1"]),
    "sub true": _claims(sub=True),
    "sub with a line's end": _claims(sub="u1\nroot"),
    "sub with a zero byte": _claims(sub="u1\0"),
    "sub a service without a name": _claims(sub="service:"),
    "another audience": _claims(aud="bank"),
    "other audiences": _claims(aud=["bank", "SHOP", "shop "]),
    "audience empty": _claims(aud=[]),
    "audience an object": _claims(aud={"shop": True}),
    "audience with ours inside": _claims(aud="workshop"),
    "another issuer": _claims(iss="https://login.example"),
    "issuer with a slash": _claims(iss="development/"),
    "issuer in capitals": _claims(iss="Development"),
    "issuer a list": _claims(iss=["development"]),
    "issuer the mesh, by the development key": _claims(iss="mesh"),
    "roles a number": _claims(roles=7),
    "roles an object": _claims(roles={"admin": True}),
    "changed payload": lambda forge: ".".join(
        encoded(json.dumps(forge.claims(sub="u2")).encode()) if at == 1 else part
        for at, part in enumerate(forge.token().split("."))
    ),
    "zero signature": _signature(bytes(64)),
    "signature of the group's order": _signature(ORDER.to_bytes(32, "big") * 2),
    "short signature": _signature(b"x" * 32),
    "DER signature": _signature(bytes.fromhex("3006020101020101")),
    "long signature": _signature(b"x" * 512),
    "signature of another token": lambda forge: _parts(
        lambda head, body, _: f"{head}.{body}.{forge.token(claims=forge.claims(sub='u2')).split('.')[2]}"
    )(forge),
    "trailing letter": _parts(lambda head, body, signature: f"{head}.{body}.{signature}A"),
    "trailing part": _parts(lambda head, body, signature: f"{head}.{body}.{signature}.{signature}"),
    "trailing point": _parts(lambda head, body, signature: f"{head}.{body}.{signature}."),
    "trailing words": _parts(lambda head, body, signature: f"{head}.{body}.{signature} admin"),
    "trailing escape": _parts(lambda head, body, signature: f"{head}.{body}.{signature}%00"),
    "trailing semicolon": _parts(lambda head, body, signature: f"{head}.{body}.{signature};role=admin"),
    "leading point": _parts(lambda head, body, signature: f".{head}.{body}.{signature}"),
    "padding": _parts(lambda head, body, signature: f"{head}.{body}.{signature}=="),
    "padding inside": _parts(lambda head, body, signature: f"{head}=.{body}.{signature}"),
    "a space inside": _parts(lambda head, body, signature: f"{head}. {body}.{signature}"),
    "plain base64": _parts(lambda head, body, _: f"{head}.{body}.{'+/' * 43}"),
    "signature spelt otherwise": _parts(
        lambda head, body, signature: f"{head}.{body}.{spelt_otherwise(signature)}"
    ),
    "payload spelt otherwise": _respelt_payload,
    "quoted": _parts(lambda head, body, signature: f'"{head}.{body}.{signature}"'),
    "JSON form": _parts(
        lambda head, body, signature: json.dumps({"protected": head, "payload": body, "signature": signature})
    ),
    "five parts, encrypted": lambda _: f"{ENCRYPTED}..e30.e30.e30",
    "a token in a token": lambda forge: forge.token(forge.header(cty="JWT"), forge.token()),
    "header a list": lambda forge: forge.token([forge.header()]),
    "payload a list": lambda forge: forge.token(claims=[forge.claims()]),
    "deep nesting": lambda _: f"{encoded(b'[' * 3000)}.{encoded(b'[' * 1000)}.AAAA",
    "only points": lambda _: "..",
    "nothing": lambda _: "",
    "too long": lambda forge: forge.token(claims=forge.claims(pad="x" * 6000)),
}  # fmt: skip
"""After `Bearer`, in the Authorization header."""

CREDENTIALS: Mapping[str, Callable[[str], Headers]] = {
    "Basic": lambda good: [("Authorization", f"Basic {good}")],
    "Digest": lambda good: [("Authorization", f"Digest {good}")],
    "Token": lambda good: [("Authorization", f"Token {good}")],
    "DPoP": lambda good: [("Authorization", f"DPoP {good}")],
    "no scheme": lambda good: [("Authorization", good)],
    "an empty header": lambda _: [("Authorization", "")],
    "only the scheme": lambda _: [("Authorization", "Bearer")],
    "no space": lambda good: [("Authorization", f"Bearer{good}")],
    "a colon": lambda good: [("Authorization", f"Bearer: {good}")],
    "an equals sign": lambda good: [("Authorization", f"Bearer={good}")],
    "the scheme twice": lambda good: [("Authorization", f"Bearer Bearer {good}")],
    "two in one": lambda good: [("Authorization", f"Bearer {good}, Bearer {good}")],
    "two headers": lambda good: [*_bearer(good), *_bearer(good)],
    "a good header, then a bad one": lambda good: [*_bearer(good), *_bearer("junk")],
    "a bad header, then a good one": lambda good: [*_bearer("junk"), *_bearer(good)],
    "Basic, then a good one": lambda good: [("Authorization", "Basic dTE6eA=="), *_bearer(good)],
}
"""A good token, shown as it must not be."""

ELSEWHERE: Mapping[str, Callable[[str], Headers]] = {
    "Proxy-Authorization": lambda good: [("Proxy-Authorization", f"Bearer {good}")],
    "X-Authorization": lambda good: [("X-Authorization", f"Bearer {good}")],
    "X-Access-Token": lambda good: [("X-Access-Token", good)],
    "X-Forwarded-Access-Token": lambda good: [("X-Forwarded-Access-Token", good)],
    "X-User": lambda _: [("X-User", "u1"), ("X-User-Id", "u1"), ("X-Remote-User", "root")],
    "Grpc-Metadata": lambda good: [("Grpc-Metadata-Authorization", f"Bearer {good}")],
    "cookie of another name": lambda good: [("Cookie", f"token={good}; access_token={good}")],
}
"""A good token where none is looked for: whoever sends it is nobody."""


def carried(forge: Forge, address: str) -> Iterable[tuple[str, Headers]]:
    """Keys carried by the token, or to be fetched from `address`."""
    yield "keys in the header, our kid", _embedded(forge, address)
    yield "keys in the header, no kid", _embedded(forge, address, kid=LEFT_OUT)
    yield "keys in the header, their kid", _embedded(forge, address, kid=forge.strangers_jwk["kid"])
    yield "an address as kid", _bearer(forge.token(forge.header(kid=address), sign=forge.sign_as_stranger))
    yield (
        "an address as issuer",
        _bearer(forge.token(claims=forge.claims(iss=address), sign=forge.sign_as_stranger)),
    )
