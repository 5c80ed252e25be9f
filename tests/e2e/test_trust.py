"""Whose tokens count in a running mesh: the identity service's, even while it is away; each service's own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest

from protomesh.app.keys import service_key_path
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.tokens import Signer, new_key
from shop_pb.shop.users.v1 import users_pb2
from tests.support.answers import Answer, ask
from tests.support.mesh import Mesh, eventually

GET_USER = "shop.users.v1.Users/GetUser"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def trudy(mesh: Mesh) -> str:
    """The token of a user who has registered and logged in."""
    user = {"displayName": "Trudy", "email": "trudy@shop.example"}
    body = {"userId": "trudy", "user": user, "password": PASSWORD}
    made = mesh.gateway()("POST", "/api/users", body)
    assert made.status == 201, made.body
    login = mesh.gateway()("POST", "/api/login", {"userId": "trudy", "password": PASSWORD})
    assert login.status == 200, login.body
    return str(login.json()["accessToken"])


def read(mesh: Mesh, token: str) -> int:
    return mesh.gateway()("GET", "/api/users/trudy", token=token).status


@contextmanager
def held(mesh: Mesh, name: str) -> Iterator[None]:
    """A component that is there and answers nobody."""
    pid = int(mesh.components()[name]["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_login_counts_everywhere(mesh: Mesh, trudy: str) -> None:
    claims = jwt.decode(trudy, options={"verify_signature": False})
    port = mesh.address("gateway").rpartition(":")[2]
    assert claims["iss"] == f"http://localhost:{port}"
    assert read(mesh, trudy) == 200


def forged(token: str, **change: Any) -> str:
    """The same claims, signed by a key that the issuer does not have."""
    claims = {**jwt.decode(token, options={"verify_signature": False}), **change}
    return jwt.encode(claims, new_key(), "ES256", {"kid": "another"})


def test_a_key_of_somebody_else_does_not(mesh: Mesh, trudy: str) -> None:
    assert read(mesh, forged(trudy)) == 401
    assert read(mesh, forged(trudy, iss="mesh")) == 401


def test_while_identity_is_away_known_keys_count_and_nobody_knows_of_others(mesh: Mesh, trudy: str) -> None:
    copies = list(Path(mesh.state_dir, "jwks").glob("mesh-*.json"))
    assert len(copies) == 1, "no copy of its keys on disk"
    assert read(mesh, trudy) == 200
    with held(mesh, "identity"):
        assert read(mesh, trudy) == 200
        pid = int(mesh.components()["users"]["pid"])
        os.kill(pid, signal.SIGKILL)
        eventually_read(mesh, trudy, 200, pid)
        assert read(mesh, forged(trudy)) == 503
        assert mesh.gateway()("GET", "/api/products").status == 200, "visitors need no key"
    eventually_read(mesh, forged(trudy), 401, 0)


def eventually_read(mesh: Mesh, token: str, status: int, killed: int) -> None:
    """Once users is there again, not as the process that was killed."""
    eventually(
        lambda: int(mesh.components()["users"]["pid"]) != killed and read(mesh, token) == status,
        f"{status} after the change",
    )


def call(mesh: Mesh, contract: Contract, token: str) -> Answer:
    """GetUser straight at users, as a service does it."""
    with grpc.insecure_channel(mesh.address("users")) as channel:
        return ask(
            contract,
            channel,
            contract.methods[GET_USER],
            users_pb2.GetUserRequest(user_id="trudy"),
            metadata=(("x-service-authorization", f"Bearer {token}"),),
        )


@pytest.mark.usefixtures("trudy")
def test_each_service_speaks_for_itself_and_nobody_else(mesh: Mesh, shop_contract: Contract) -> None:
    keys = {
        name: service_key_path(mesh.state_dir, name).read_text()
        for name in ("users", "orders", "welcome_email")
    }
    cases = [
        ("orders", "orders", "orders", "OK"),
        ("welcome_email", "welcome_email", "welcome_email", "OK"),
        ("users", "users", "users", "PERMISSION_DENIED"),
        ("users", "orders", "orders", "UNAUTHENTICATED"),
        ("users", "users", "orders", "UNAUTHENTICATED"),
        ("orders", "orders", "welcome_email", "UNAUTHENTICATED"),
        ("orders", "nobody", "nobody", "UNAUTHENTICATED"),
    ]
    for key, issuer, subject, code in cases:
        signer = Signer(keys[key], "", f"service:{issuer}", SystemClock())
        answer = call(mesh, shop_contract, signer.sign(f"service:{subject}", "shop"))
        assert answer.code == code, (key, issuer, subject, answer)


@pytest.mark.usefixtures("trudy")
def test_what_a_service_signed_opens_nothing_at_the_gateway(mesh: Mesh, shop_contract: Contract) -> None:
    """Every service that orders calls has seen it, and could go on to speak for orders there."""
    key = service_key_path(mesh.state_dir, "orders").read_text()
    own = f"Bearer {Signer(key, '', 'service:orders', SystemClock()).sign('service:orders', 'shop')}"
    for header in ("authorization", "x-service-authorization"):
        answer = mesh.gateway()("GET", "/api/users/trudy", headers={header: own})
        assert answer.status == 401, (header, answer)
        with grpc.insecure_channel(mesh.address("gateway")) as channel:
            request = users_pb2.GetUserRequest(user_id="trudy")
            method = shop_contract.methods[GET_USER]
            called = ask(shop_contract, channel, method, request, metadata=((header, own),))
        assert called.code == "UNAUTHENTICATED", (header, called)


def test_a_token_in_the_address_is_none(mesh: Mesh, trudy: str) -> None:
    """RFC 9700, 4.3.2: addresses end in logs. An unknown parameter is refused, whatever it holds."""
    answer = mesh.gateway()("GET", f"/api/users/trudy?access_token={trudy}")
    assert answer.status == 400, answer.body
    assert trudy not in answer.body.decode()
