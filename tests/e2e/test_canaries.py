"""Nothing secret is found where it does not belong, however it was sent.

Each secret is a word of its own. All are sent through a whole mesh: in their own fields, where they do not
belong, in requests that fail. That they arrived is proven; then everything that the mesh wrote, said and
answered is searched.
"""

import contextlib
import http.client
import itertools
import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from protomesh_pb.mesh.identity.v1 import identity_pb2, identity_pb2_grpc
from shop_pb.shop.users.v1 import users_pb2, users_pb2_grpc
from tests.support.mesh import Answer, Mesh, eventually, running

FORM = "application/x-www-form-urlencoded"
TOPICS = ("users", "orders", "audit")


class Canaries:
    """Words that stand nowhere else; `sang` are those that were sent."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.sang: dict[str, str] = {}

    def new(self, what: str) -> str:
        word = f"canary{next(self._numbers):03}zq9"
        self.sang[word] = what
        return word

    def learn(self, what: str, word: str) -> str:
        """A secret that the mesh itself has made."""
        assert len(word) > 20, word
        self.sang[word] = what
        return word


class Run:
    """One mesh, what was sent to it, and what it answered with an error."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.rest = mesh.gateway()
        self.canaries = Canaries()
        self.refusals: list[bytes] = []

    def ask(self, method: str, path: str, body: Any = None, *, expect: int, **more: Any) -> Answer:
        answer = self.rest(method, path, body, **more)
        assert answer.status == expect, f"{method} {path}: {answer.status} {answer.body[:300]!r}"
        if expect >= 400:
            self.refusals.append(repr(sorted(answer.headers.items())).encode() + answer.body)
        return answer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(state_dir=tmp_path_factory.mktemp("canaries")) as mesh:
        yield Run(mesh)


def user(name: str, email: str, password: Any) -> dict[str, Any]:
    return {"userId": name, "user": {"displayName": "Ann", "email": email}, "password": password}


def register_and_log_in(run: Run) -> str:
    """All that goes well. Returns the access token."""
    new, learn = run.canaries.new, run.canaries.learn
    email, password = f"{new('an email')}@mail.example", new("a password")
    run.ask("POST", "/api/users", user("ann", email, password), expect=201)
    pair = run.ask("POST", "/api/login", {"userId": "ann", "password": password}, expect=200).json()
    learn("an access token", pair["accessToken"])
    used = learn("a refresh token", pair["refreshToken"])
    fresh = run.ask("POST", "/api/login:refresh", {"refreshToken": used}, expect=200).json()
    learn("a rotated refresh token", fresh["refreshToken"])
    form = f"user_id=ann&password={password}&return_to=/api/users/ann".encode()
    page = run.ask("POST", "/login", form, expect=303, headers={"Content-Type": FORM})
    for cookie in page.headers["set-cookie"].split("protomesh_")[1:]:
        learn("a cookie", cookie.partition("=")[2].partition(";")[0])
    token: str = run.canaries.learn("another access token", fresh["accessToken"])
    return token


def fail_in_every_way(run: Run, token: str) -> None:
    """Each secret where it may be repeated by an error: in its field, and where it does not belong."""
    new, ask = run.canaries.new, run.ask
    ask("POST", "/api/login", {"userId": "ann", "password": new("a wrong password")}, expect=401)
    ask("POST", "/api/login", {"userId": "nobody", "password": new("a password of nobody")}, expect=401)
    ask("POST", "/api/login:refresh", {"refreshToken": new("a made-up refresh token")}, expect=401)
    form = f"user_id=ann&password={new('a wrong password in a form')}".encode()
    ask("POST", "/login", form, expect=401, headers={"Content-Type": FORM})
    ask("POST", "/api/users", user("bob", new("an email that is none"), "x" * 12), expect=400)
    long = f"{new('a password that is too long')}{'x' * 200}"
    ask("POST", "/api/users", user("bob", "b@mail.example", long), expect=400)
    ask(
        "POST", "/api/users", user("bob", "b@mail.example", {"a": new("a password as an object")}), expect=400
    )
    ask("POST", "/api/users", user("bob", "b@mail.example", [new("a password in a list")]), expect=400)
    torn = f'{{"userId": "bob", "password": "{new("a password in torn JSON")}"'.encode()
    ask("POST", "/api/users", torn, expect=400)
    ask("POST", "/api/users", user("ann", "a@mail.example", new("a password for a taken id")), expect=409)
    for header, what in {
        "authorization": f"Bearer {new('a made-up token')}",
        "Authorization": f"Basic {new('basic credentials')}",
    }.items():
        ask("GET", "/api/users/ann", expect=401, headers={header: what})
    ask("GET", "/api/users/ann", expect=401, headers={"cookie": f"protomesh_token={new('a made-up cookie')}"})
    ask("GET", f"/api/users/ann?access_token={new('a token in the query')}", expect=400)
    ask("GET", f"/api/users/ann?secret={new('an unknown parameter')}", expect=400, token=token)
    ask("GET", "/api/users/bob", expect=403, token=token)
    ask("GET", "/api/products", expect=200, headers={"x-service-authorization": new("a service's token")})


def fail_over_grpc(run: Run, token: str) -> None:
    """The same straight at the services."""
    new = run.canaries.new
    with grpc.insecure_channel(run.mesh.address("identity")) as channel:
        stub = identity_pb2_grpc.IdentityStub(channel)
        request = identity_pb2.LoginRequest(user_id="ann", password=new("a wrong password over gRPC"))
        _refused(run, lambda: stub.Login(request, timeout=30))
        client = identity_pb2.IssueServiceTokenRequest(
            client_id="orders", client_secret=new("a client secret")
        )
        _refused(run, lambda: stub.IssueServiceToken(client, timeout=30))
    with grpc.insecure_channel(run.mesh.address("users")) as channel:
        users = users_pb2_grpc.UsersStub(channel)
        one = users_pb2.GetUserRequest(user_id="ann")
        for header in ("authorization", "x-service-authorization"):
            metadata = ((header, f"Bearer {new(f'a token in {header}')}"),)
            _refused(run, lambda metadata=metadata: users.GetUser(one, metadata=metadata, timeout=30))
        odd = (("authorization", f"Bearer {token}"), ("x-secret-bin", new("binary metadata").encode()))
        assert users.GetUser(one, metadata=odd, timeout=30).id == "ann"


def _refused(run: Run, call: Any) -> None:
    with pytest.raises(grpc.RpcError) as told:
        call()
    error: Any = told.value
    run.refusals.append(f"{error.details()} {error.trailing_metadata()}".encode())


def written(state: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the mesh but its databases, its keys and the mails that were sent."""
    for path in sorted(state.rglob("*")):
        inside = path.relative_to(state)
        if path.is_file() and inside.parts[0] not in {"data", "keys"} and path.suffix != ".eml":
            yield str(inside), path.read_bytes()


def outboxes(state: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((state / "data").glob("*.db")):
        with contextlib.closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT * FROM mesh_outbox").fetchall()
        yield f"outbox of {path.name}", repr(rows).encode()


def said(run: Run) -> Iterator[tuple[str, bytes]]:
    """What the commands show, and what Envoy tells of itself."""
    mesh = run.mesh
    yield "ps", mesh.cli("ps").encode() + mesh.cli("ps", "--json").encode()
    yield "logs", mesh.cli("logs", "-n", "100000").encode()
    for topic in TOPICS:
        yield f"tail {topic}", json.dumps(mesh.events(topic)).encode()
    for path in ("/stats", "/config_dump", "/clusters"):
        yield f"envoy {path}", envoy(mesh.state_dir / "run" / "admin.sock", path)


def envoy(admin: Path, path: str) -> bytes:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as road:
        road.connect(str(admin))
        connection = http.client.HTTPConnection("envoy")
        connection.sock = road
        connection.request("GET", path)
        return connection.getresponse().read()


def test_no_secret_is_found_where_it_does_not_belong(run: Run) -> None:
    token = register_and_log_in(run)
    fail_in_every_way(run, token)
    fail_over_grpc(run, token)
    types = eventually(lambda: _told(run), "the audit does not tell of the refusals")
    assert {"shop.audit.login.v1", "shop.audit.denial.v1", "shop.audit.failure.v1"} <= types
    state = run.mesh.state_dir
    last = f"/last-{run.canaries.new('nothing secret')}"
    del run.canaries.sang[last[6:]]
    run.ask("GET", last, expect=404)
    log = state / "logs" / "gateway.log"
    eventually(lambda: last in log.read_text(), "the access log does not come up to date")
    places = [*written(state), *outboxes(state), *said(run), *(("a refusal", each) for each in run.refusals)]
    _searched_all(places)
    found = [
        f"{what} ({word}) in {place}: …{text[max(0, text.index(word.encode()) - 80) :][:200]!r}"
        for place, text in places
        for word, what in run.canaries.sang.items()
        if word.encode() in text
    ]
    assert not found, "\n".join(found)


def _told(run: Run) -> set[str] | None:
    types = {each["type"] for each in run.mesh.events("audit")}
    return types if len(types) >= 3 else None


def _searched_all(places: list[tuple[str, bytes]]) -> None:
    """The search would find what is there: each service's log, the broker's files, the access log."""
    names = {place for place, _ in places}
    assert {"logs/users.log", "logs/identity.log", "logs/gateway.log", "mesh.json"} <= names, names
    for needle, place in ((b"/api/users/ann", "logs/gateway.log"), (b"GetUser", "logs/users.log")):
        assert any(needle in text for name, text in places if name == place), f"{needle!r} is not in {place}"
    assert any(name.startswith("broker/") and b"shop.users.user.created.v1" in text for name, text in places)


def test_the_secrets_arrived(run: Run) -> None:
    """Otherwise nothing was proven: the mail went to its address, and the database keeps it."""
    email = next(word for word, what in run.canaries.sang.items() if what == "an email")
    mails = [path.read_bytes() for path in run.mesh.state_dir.rglob("*.eml")]
    assert any(email.encode() in mail for mail in mails)
    with contextlib.closing(sqlite3.connect(run.mesh.state_dir / "data" / "users.db")) as database:
        (kept,) = database.execute("SELECT email FROM users WHERE id = 'ann'").fetchone()
    assert kept == f"{email}@mail.example"
    assert len(run.canaries.sang) >= 25, "too few secrets were sent"


def test_no_password_and_no_token_stands_in_a_database(run: Run) -> None:
    """They are kept as hashes; an email is a user's data and stays with the users service."""
    state = run.mesh.state_dir
    for path in (each for each in (state / "data").iterdir() if each.is_file()):
        text = path.read_bytes()
        found = [
            what
            for word, what in run.canaries.sang.items()
            if word.encode() in text and not (what == "an email" and path.name.startswith("users.db"))
        ]
        assert not found, (path.name, found)
