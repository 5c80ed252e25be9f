"""The shop with `[tls] enabled = true`, as `protomesh up` runs it."""

import json
import os
import signal
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.support.mesh import PROJECT, Mesh, Rest, eventually, running

FOLDERS = ("protos", "gen", "services", "functions", "policies")


def project(folder: Path, tls: str) -> Path:
    """This project, with another table `[tls]`. Returns its manifest."""
    for name in FOLDERS:
        (folder / name).symlink_to(PROJECT / name)
    kept = (PROJECT / "mesh.toml").read_text()
    shipped = "\n[tls]\nenabled = false"
    assert shipped in kept, "the manifest as it is shipped has no TLS"
    (folder / "mesh.toml").write_text(kept.replace(shipped, f"\n[tls]\n{tls}"))
    return folder / "mesh.toml"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    manifest = project(tmp_path_factory.mktemp("project"), "enabled = true")
    with running("--manifest", str(manifest)) as made:
        yield made


def order_placed(mesh: Mesh, rest: Rest) -> str:
    """Orders asks users and catalog, and a function confirms: every kind of connection is used."""
    user = {
        "userId": "ann",
        "user": {"displayName": "Ann", "email": "ann@mail.example"},
        "password": "correct horse",
    }
    assert rest("POST", "/api/users", user).status in {201, 409}
    order = {"lines": [{"productId": "coffee-mug", "quantity": 1}], "deliveryAddress": "1 Main Street"}
    answer = rest("POST", "/api/users/ann/orders", order, token=mesh.token("--subject", "ann"))
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def test_an_order_goes_through_all_parts(mesh: Mesh) -> None:
    rest = mesh.gateway()
    path = f"/api/users/ann/orders/{order_placed(mesh, rest)}"
    token = mesh.token("--subject", "ann")
    eventually(
        lambda: rest("GET", path, token=token).json()["state"] == "STATE_CONFIRMED", "it is not confirmed"
    )
    assert {row["state"] for row in mesh.components().values()} == {"ready"}


def test_nobody_reaches_a_service_without_a_certificate(mesh: Mesh) -> None:
    with grpc.insecure_channel(mesh.address("users")) as channel:
        call: Any = channel.unary_unary("/shop.users.v1.Users/GetUser")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "WRONG_VERSION_NUMBER" in mesh.cli("logs", "users"), "the log says why"


def test_certificates_are_renewed_while_it_runs(mesh: Mesh) -> None:
    """All of them, the authority too; then a service starts anew and is reached by all."""
    folder = mesh.state_dir / "certs"
    for path in folder.iterdir():
        path.unlink()
    rows = json.loads(mesh.cli("certs", "--json"))
    assert {row["state"] for row in rows} == {"made"}
    before = mesh.components()["catalog"]
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: mesh.components()["catalog"]["pid"] not in {0, before["pid"]}, "no new catalog")
    rest = mesh.gateway()
    eventually(lambda: rest("GET", "/api/products").status == 200, "the gateway does not reach it")
    order_placed(mesh, rest)


def test_clients_may_come_in_over_https(tmp_path: Path) -> None:
    manifest = project(tmp_path, "enabled = true\ngateway = true")
    with running("--manifest", str(manifest), "--without", "functions") as mesh:
        context = ssl.create_default_context(cafile=str(mesh.state_dir / "certs" / "ca.pem"))
        address = mesh.address("gateway")
        with urllib.request.urlopen(f"https://{address}/api/products", context=context) as answer:
            assert answer.status == 200
        with pytest.raises(OSError, match=r".+"):
            urllib.request.urlopen(f"http://{address}/api/products")


def test_certificates_that_cannot_be_used_stop_it_before_it_starts(tmp_path: Path) -> None:
    manifest = project(tmp_path, 'enabled = true\nfolder = "mine"')
    with pytest.raises(AssertionError, match=r"mine/ca\.pem: no such file .protomesh certs makes it"):
        Mesh(tmp_path / "state").cli("up", "-d", "--port-base", "0", "--manifest", str(manifest))
