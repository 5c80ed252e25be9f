"""Bad input through the real gateway: its 4xx in the one shape, readable from other origins, no trace left.

"No trace" means that no table of any service has another row than before, the outbox included.
"""

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from protomesh.app.keys import key_path
from protomesh.clock import SystemClock
from protomesh.tokens import Signer
from tests.support.mesh import Mesh, eventually
from tests.support.rows import counts

ORIGIN = "http://localhost:3000"
ANN = {
    "userId": "bad-ann",
    "user": {"displayName": "Ann", "email": "ann@mail.example"},
    "password": "correct horse",
}
ORDERS = "/api/users/ann/orders"
MUG = "/api/products/coffee-mug"
NAMES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND"}


@dataclass(frozen=True)
class Case:
    """A request that must be refused with `status`."""

    status: int
    method: str
    path: str
    body: Any = None
    token: str = ""
    """The name of a way to make one, in `TOKENS`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    violation: str = ""
    """The field that the answer must name."""


def line(**fields: object) -> dict[str, object]:
    """An order of one line."""
    return {"lines": [{"productId": "coffee-mug", **fields}]}


CASES = {
    "malformed JSON": Case(400, "POST", "/api/users", b'{"userId": '),
    "not an object": Case(400, "POST", "/api/users", b"[1, 2]"),
    "empty": Case(400, "POST", "/api/users", b"{}", violation="user"),
    "wrong type": Case(400, "POST", "/api/users", {"userId": {"deep": 1}, "user": ANN["user"]}),
    "text for a number": Case(400, "POST", ORDERS, line(quantity="many"), "ann"),
    "unknown enum value": Case(400, "POST", ORDERS, {**line(quantity=1), "state": "STATE_LOST"}, "ann"),
    "unknown enum number": Case(400, "POST", ORDERS, {"state": 99}, "ann", violation="order.state"),
    "rule broken": Case(400, "POST", ORDERS, line(quantity=0), "ann", violation="order.lines[0].quantity"),
    "no address": Case(400, "POST", "/api/users", {"user": {"email": "nope"}}, violation="user.email"),
    "bad id in the path": Case(400, "GET", "/api/users/UPPER", None, "admin", violation="user_id"),
    "bad page token": Case(400, "GET", "/api/products?pageToken=%21", violation="page_token"),
    "unknown query": Case(400, "GET", "/api/products?colour=red"),
    "query over path": Case(400, "GET", "/api/users/ann?userId=bob", None, "ann"),
    "invalid UTF-8": Case(400, "GET", "/api/products/%ff"),
    "oversized body": Case(413, "POST", "/api/users", b"{", headers={"Content-Length": str(5 * 1024 * 1024)}),
    "unknown path": Case(404, "GET", "/api/nothing"),
    "outside the contract": Case(404, "GET", "/admin"),
    "wrong method": Case(405, "DELETE", "/api/products"),
    "accepts no JSON": Case(406, "POST", "/api/users", ANN, headers={"Accept": "text/xml, */*;q=0"}),
    "stale etag": Case(412, "PATCH", MUG, {"stock": 1}, "admin", {"If-Match": '"v0"'}),
    "stale etag in the query": Case(412, "DELETE", f"{MUG}?etag=v0", None, "admin"),
    "weak etag": Case(412, "PUT", MUG, {"title": "Mug"}, "admin", {"If-Match": 'W/"v1"'}),
    "no etag at all": Case(400, "PATCH", MUG, {"stock": 1}, "admin", {"If-Match": "v1"}, "if-match"),
    "two etags at odds": Case(400, "DELETE", f"{MUG}?etag=v1", None, "admin", {"If-Match": '"v2"'}, "etag"),
    "a condition for a create": Case(400, "POST", "/api/users", ANN, headers={"If-Match": '"v1"'}),
    "unknown mask": Case(400, "PATCH", f"{MUG}?updateMask=colour", {}, "admin", violation="update_mask"),
    "mask on a PUT": Case(400, "PUT", f"{MUG}?updateMask=title", {}, "admin", violation="update_mask"),
    "wrong content type": Case(415, "POST", "/api/users", b"<user/>", headers={"Content-Type": "text/xml"}),
    "not a bearer token": Case(401, "GET", "/api/products", headers={"Authorization": "Basic YTpi"}),
    "garbage token": Case(401, "GET", "/api/products", None, "garbage"),
    "expired": Case(401, "GET", "/api/users/ann", None, "expired"),
    "wrong audience": Case(401, "GET", "/api/users/ann", None, "audience"),
    "wrong issuer": Case(401, "GET", "/api/users/ann", None, "issuer"),
    "wrong key": Case(401, "GET", "/api/users/ann", None, "key"),
    "alg none": Case(401, "GET", "/api/users/ann", None, "none"),
    "alg HS256 with the public key": Case(401, "GET", "/api/users/ann", None, "confused"),
    "token in the query": Case(400, "GET", "/api/users/ann?access_token=x"),
}  # fmt: skip


class Tokens:
    """Good and bad tokens, made with the mesh's own key where that is what makes them bad."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._pem = key_path(mesh.state_dir).read_text()

    def make(self, name: str) -> str:
        ways: dict[str, Callable[[], str]] = {
            "": lambda: "",
            "ann": self._sign,
            "admin": lambda: self._mesh.token("--subject", "root", "--role", "admin"),
            "garbage": lambda: "a.b.c",
            "expired": lambda: self._sign(lifetime=-3600),
            "audience": lambda: self._sign(audience="another"),
            "issuer": lambda: self._sign(issuer="another"),
            "key": self._other_key,
            "none": self._unsigned,
            "confused": self._confused,
        }
        return ways[name]()

    def _sign(self, *, issuer: str = "development", audience: str = "shop", lifetime: float = 600) -> str:
        signer = Signer(self._pem, "", issuer, SystemClock())
        return signer.sign("ann", audience, lifetime_seconds=lifetime)

    def _claims(self) -> dict[str, Any]:
        return jwt.decode(self._sign(), options={"verify_signature": False})

    def _kid(self) -> dict[str, Any]:
        return {"kid": jwt.get_unverified_header(self._sign())["kid"]}

    def _other_key(self) -> str:
        return jwt.encode(self._claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", self._kid())

    def _unsigned(self) -> str:
        return f"{_part({'alg': 'none', 'typ': 'JWT', **self._kid()})}.{_part(self._claims())}."

    def _confused(self) -> str:
        """Signed with the public key as if it were a shared secret: the library would refuse to make it."""
        secret = (self._mesh.state_dir / "jwks.json").read_bytes()
        signed = ".".join(
            _part(each) for each in ({"alg": "HS256", "typ": "JWT", **self._kid()}, self._claims())
        )
        return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _part(content: dict[str, Any]) -> str:
    return _encode(json.dumps(content).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="module")
def tokens(mesh: Mesh) -> Tokens:
    return Tokens(mesh)


@pytest.fixture
def untouched(mesh: Mesh) -> Iterator[None]:
    """Fails when the test left a row in any database."""
    before = counts(mesh)
    yield
    assert counts(mesh) == before, "the refused call left something behind"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("untouched")
def test_refused_in_the_one_shape_and_without_a_trace(name: str, mesh: Mesh, tokens: Tokens) -> None:
    case = CASES[name]
    headers = {"Origin": ORIGIN, **case.headers}
    answer = mesh.gateway()(case.method, case.path, case.body, token=tokens.make(case.token), headers=headers)
    assert answer.status == case.status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "requestId", "violations"}
    assert problem["status"] == case.status
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert problem["code"] == NAMES.get(case.status, problem["code"])
    assert not case.violation or case.violation in {each["field"] for each in problem["violations"]}
    if case.status == 405:
        assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.usefixtures("untouched")
def test_the_refusal_shows_nothing_of_the_token(mesh: Mesh, tokens: Tokens) -> None:
    token = tokens.make("expired")
    answer = mesh.gateway()("GET", "/api/users/ann", token=token)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert token not in answer.body.decode() + str(answer.headers)


def test_a_refusal_by_policy_leaves_only_its_audit_event(mesh: Mesh) -> None:
    before = counts(mesh)
    answer = mesh.gateway()("GET", "/api/users/ann")
    assert answer.status == 401
    assert "rel=login" in answer.headers["link"]

    def changed() -> dict[str, int]:
        """What was written; the event follows the answer."""
        after = counts(mesh)
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    eventually(changed, "the event of a refusal")
    assert changed() == {"users.db/sqlite_sequence": 1}
