"""Known attacks from outside: 401 over REST, UNAUTHENTICATED over gRPC, and nothing left behind."""

import socket
from collections.abc import Iterator

import pytest

from tests.e2e.access.attacks import CREDENTIALS, ELSEWHERE, TOKENS, Headers, carried
from tests.e2e.access.doors import ORIGIN, Doors
from tests.e2e.access.forge import Forge
from tests.e2e.access.requests import BUILD, Asked, as_rest, named
from tests.e2e.access.stage import Stage
from tests.e2e.access.targets import PRODUCT, Target, fresh
from tests.support.contracts import load_shop
from tests.support.mesh import Answer, Mesh, eventually
from tests.support.rows import kept, waiting

CONTRACT = load_shop()
OPEN, CLOSED = ("CreateUser",), ("CreateOrder", "GetUser", "ListUsers")
"""Calls that anybody may make with no token, and calls that a good token of u1, an admin, would make."""

SHORTEST_PART = 16
"""Characters of a token's part that cannot stand in a text by chance."""


class Field:
    """Everything that was sent, to be looked for afterwards."""

    def __init__(self, mesh: Mesh, doors: Doors, stage: Stage) -> None:
        self.mesh, self.doors, self._stage = mesh, doors, stage
        self.forge = Forge(doors.press.pem)
        self.sent: set[str] = set()

    def attack(self, headers: Headers, *calls: str) -> None:
        """Both ways, on each of the calls; fails where one is not refused, or leaves a row."""
        for _, value in headers:
            self.sent.update(
                part for part in value.replace("=", ".").split(".") if len(part) >= SHORTEST_PART
            )
        before = kept(self.mesh)
        for call in calls:
            method = named(CONTRACT, call)
            message = BUILD[call](Target(fresh("attacker") if call in OPEN else "u1", product=PRODUCT))
            asked = next(as_rest(method, message))
            self.refused(asked, headers)
            said = self.doors.called(method, message, [(name.lower(), value) for name, value in headers])
            assert said.code == "UNAUTHENTICATED", f"{call} over gRPC: {said}"
            assert said.trailing["www-authenticate"].startswith("Bearer"), said
            self.is_not_told(f"{said}")
        assert kept(self.mesh) == before, "the refused call left something behind"

    def refused(self, asked: Asked, headers: Headers, status: int = 401) -> Answer:
        """Over REST, in the one shape, readable from a page of another origin."""
        answer = self.doors.sent(asked, [("Origin", ORIGIN), *headers])
        assert answer.status == status, f"{asked}: {answer}"
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "www-authenticate" in answer.headers["access-control-expose-headers"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        if status == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer"), answer
            assert answer.json()["code"] == "UNAUTHENTICATED"
        self.is_not_told(f"{answer.headers}{answer.body.decode()}")
        return answer

    def is_not_told(self, text: str) -> None:
        told = [part for part in self.sent if part in text]
        assert not told, f"parts of the token stand in what was said of it: {told}"


def quiet(mesh: Mesh) -> bool:
    """Whether every event so far has been published."""
    return not waiting(mesh)


@pytest.fixture(scope="module")
def field(mesh: Mesh, doors: Doors, stage: Stage) -> Iterator[Field]:
    """In the end, nothing of all attacks stands on a topic but refusals, and nothing in any log."""
    found = Field(mesh, doors, stage)
    eventually(lambda: quiet(mesh), "events of before are still waiting")
    before = {topic: {each["id"] for each in mesh.events(topic)} for topic in ("users", "orders", "audit")}
    yield found
    eventually(lambda: quiet(mesh), "events are still waiting")
    new = [each for topic, ids in before.items() for each in mesh.events(topic) if each["id"] not in ids]
    assert [each for each in new if each["type"] != "shop.audit.denial.v1"] == []
    assert new, "calls by nobody were refused, and nothing tells of it"
    found.is_not_told(str(new))
    logs = {each.name: each.read_text(errors="replace") for each in (mesh.state_dir / "logs").glob("*.log")}
    assert all(logs[f"{name}.log"] for name in ("gateway", "users", "orders")), sorted(logs)
    for log in logs.values():
        found.is_not_told(log)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_must_not_count(name: str, field: Field) -> None:
    field.attack([("Authorization", f"Bearer {TOKENS[name](field.forge)}")], *OPEN, *CLOSED)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_good_token_shown_as_it_must_not_be(name: str, field: Field) -> None:
    field.attack(CREDENTIALS[name](field.forge.token()), *OPEN, *CLOSED)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_good_token_where_none_is_looked_for(name: str, field: Field) -> None:
    field.attack(ELSEWHERE[name](field.forge.token()), *CLOSED)


def test_a_good_token_counts(field: Field) -> None:
    """What all these attacks have one thing wrong with."""
    asked = next(as_rest(named(CONTRACT, "GetUser"), BUILD["GetUser"](Target("u1"))))
    for token in (
        field.forge.token(),
        field.forge.token(field.forge.header(kid=field.forge.kid, typ="at+jwt")),
    ):
        answer = field.doors.sent(asked, [("Authorization", f"Bearer {token}")])
        assert (answer.status, answer.json()["id"]) == (200, "u1"), answer


def test_keys_that_a_token_brings_or_names_are_never_looked_at(field: Field) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/jwks.json"
        for _, headers in carried(field.forge, address):
            field.attack(headers, *OPEN, *CLOSED)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("first", [True, False])
def test_a_bad_token_of_a_service_spoils_a_users_good_one(first: bool, field: Field) -> None:
    forge = field.forge
    service = forge.token(claims=forge.claims(sub="service:orders"), sign=forge.sign_as_stranger)
    pair = [("authorization", f"Bearer {forge.token()}"), ("x-service-authorization", f"Bearer {service}")]
    method = named(CONTRACT, "GetUser")
    said = field.doors.called(method, BUILD["GetUser"](Target("u1")), pair if first else pair[::-1])
    assert said.code == "UNAUTHENTICATED", said


@pytest.mark.parametrize("header", ["authorization", "x-service-authorization"])
def test_a_header_twice_straight_at_the_service(header: str, field: Field) -> None:
    forge = field.forge
    good = forge.token(claims=forge.claims(sub="service:orders"))
    method, message = named(CONTRACT, "GetUser"), BUILD["GetUser"](Target("u1"))
    assert field.doors.called(method, message, [(header, f"Bearer {good}")]).code == "OK"
    for pair in ([good, good], [good, "junk"], ["junk", good], [good, ""], ["", good]):
        said = field.doors.called(method, message, [(header, f"Bearer {each}") for each in pair])
        assert said.code == "UNAUTHENTICATED", said


def test_a_users_token_speaks_for_no_service(field: Field) -> None:
    said = field.doors.called(
        named(CONTRACT, "GetUser"),
        BUILD["GetUser"](Target("u1")),
        [("x-service-authorization", f"Bearer {field.forge.token()}")],
    )
    assert said.code == "UNAUTHENTICATED", said


@pytest.mark.parametrize("name", ["access_token", "token", "authorization", "jwt"])
def test_a_token_in_the_query_is_not_taken_nor_logged(name: str, field: Field) -> None:
    """A query without a field of the request is refused before anybody is asked who calls (RFC 6750, 2.3)."""
    token = field.forge.token()
    field.sent.update(token.split("."))
    field.refused(Asked("GET", f"/api/users/u1?{name}={token}"), [], 400)


@pytest.mark.parametrize(
    "origin", [[], [("Origin", "null")], [("Origin", "https://evil.example")], [("Origin", ORIGIN)]], ids=str
)
def test_a_cookie_changes_nothing_from_another_page(origin: Headers, field: Field) -> None:
    token = field.forge.token()
    before = kept(field.mesh)
    asked = next(as_rest(named(CONTRACT, "CreateOrder"), BUILD["CreateOrder"](Target("u1", product=PRODUCT))))
    answer = field.doors.sent(asked, [*origin, ("Cookie", f"protomesh_token={token}")])
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHENTICATED"), answer
    assert kept(field.mesh) == before
    seen = field.doors.sent(Asked("GET", "/api/users/u1"), [*origin, ("Cookie", f"protomesh_token={token}")])
    assert seen.status == 200, "the cookie itself is good"


def test_a_cookie_counts_for_nothing_over_grpc(field: Field) -> None:
    field.sent.update(token := field.forge.token().split("."))
    said = field.doors.called(
        named(CONTRACT, "GetUser"),
        BUILD["GetUser"](Target("u1")),
        [("cookie", f"protomesh_token={'.'.join(token)}")],
    )
    assert said.code == "UNAUTHENTICATED", said


@pytest.mark.parametrize(("size", "status"), [(9_000, 401), (20_000, 401), (60_000, 431), (200_000, 431)])
def test_a_huge_token_is_refused(size: int, status: int, field: Field) -> None:
    """By the service, or by a gateway that has no room for it (RFC 6585, 5); never by chance."""
    token = field.forge.token(claims=field.forge.claims(pad="x" * size))
    method, message = named(CONTRACT, "GetUser"), BUILD["GetUser"](Target("u1"))
    for _ in range(5):
        answer = field.doors.sent(Asked("GET", "/api/users/u1"), [("Authorization", f"Bearer {token}")])
        assert answer.status == status, answer
        said = field.doors.called(method, message, [("authorization", f"Bearer {token}")])
        assert said.code in {"UNAUTHENTICATED", "RESOURCE_EXHAUSTED"}, said
