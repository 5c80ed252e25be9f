"""The end of a service: a real process that is told to stop while it works."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from protomesh.app.keys import ensure, key_path, service_key_path
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.errors import Unimplemented
from protomesh.rpc import Call, serving
from protomesh.testing import eventually
from shop_pb.shop.catalog.v1 import catalog_pb2
from shop_pb.shop.orders.v1 import orders_pb2
from shop_pb.shop.users.v1 import users_pb2
from tests.integration.rpc.gates import SECONDS, Gate, beside
from tests.integration.services.shop import CATALOG, ORDERS, USERS
from tests.support.answers import Answer, ask
from tests.support.contracts import ROOT
from tests.support.house import House
from tests.support.mesh import ENVIRONMENT
from tests.support.mint import Mint

CREATE = f"{ORDERS}/CreateOrder"


class Neighbours:
    """The services that orders calls; users answers once the gate opens."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def GetUser(self, request: users_pb2.GetUserRequest, call: Call) -> Any:
        return self._gate.pass_through(users_pb2.User(id=request.user_id), call)

    def GetProduct(self, request: catalog_pb2.GetProductRequest, _call: Call) -> catalog_pb2.Product:
        product = catalog_pb2.Product(id=request.product_id)
        product.price.currency_code, product.price.units = "EUR", 3
        return product

    def __getattr__(self, name: str) -> Any:
        if not name[0].isupper():
            raise AttributeError(name)
        return self._nothing

    def _nothing(self, _request: Any, _call: Call) -> Any:
        raise Unimplemented("nobody asks")


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def neighbours(gate: Gate, tmp_path: Path, shop_contract: Contract) -> Iterator[House]:
    made = House(
        tmp_path / "neighbours",
        shop_contract,
        lambda _: dict.fromkeys((USERS, CATALOG), Neighbours(gate)),
        mint=Mint(SystemClock(), services=("orders",)),
    )
    yield made
    made.close()


@pytest.fixture(params=["grpcio", "native"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """This project, with an engine for orders."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("gen", "policies"):
        (folder / name).symlink_to(ROOT / name)
    manifest = (ROOT / "mesh.toml").read_text()
    assert "[services.orders]\n" in manifest
    engine = f'[services.orders]\nengine = "{request.param}"\n'
    (folder / "mesh.toml").write_text(manifest.replace("[services.orders]\n", engine))
    return folder


@contextmanager
def orders(project: Path, neighbours: House, state: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and its address."""
    for path in (key_path(state), service_key_path(state, "orders")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(neighbours.mint.key)
    ensure(state, ["orders"])
    target = f"ipv4:{neighbours.address}"
    told = {
        "PROTOMESH_MANIFEST": str(project / "mesh.toml"),
        "PROTOMESH_STATE_DIR": str(state),
        "PROTOMESH_PORT": str(free_port()),
        "PROTOMESH_ADDRESSES": json.dumps({"users": target, "catalog": target}),
    }
    command = [sys.executable, "-m", "services.orders.main"]
    with (
        (state / "log").open("w") as log,
        subprocess.Popen(
            command, env=ENVIRONMENT | told, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("ready "), f"{line!r}: {(state / 'log').read_text()}"
            yield process, line.split()[1]
        finally:
            process.kill()


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def create(neighbours: House, address: str, timeout: float = SECONDS) -> Answer:
    """Place an order, over a connection of its own."""
    order = orders_pb2.Order(
        lines=[orders_pb2.OrderLine(product_id="tea", quantity=1)], delivery_address="here"
    )
    with grpc.insecure_channel(address, [("grpc.enable_retries", 0)]) as channel:
        return ask(
            neighbours.contract,
            channel,
            neighbours.contract.methods[CREATE],
            orders_pb2.CreateOrderRequest(user_id="u1", order=order),
            metadata=(neighbours.mint.bearer("u1"),),
            timeout=timeout,
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_in_flight_ends_well_and_none_begins(
    number: signal.Signals, project: Path, neighbours: House, gate: Gate, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    with orders(project, neighbours, state) as (process, address), beside(gate) as start:
        running = start(create, neighbours, address)
        gate.wait_for(1)
        os.kill(process.pid, number)
        eventually(lambda: not serving(address, 5.0))
        eventually(lambda: create(neighbours, address, timeout=5.0).code == "UNAVAILABLE")
        assert process.poll() is None, "it left a call behind"
        assert gate.inside == 1, "a call was taken after the signal"
        gate.open()
        assert running.result().response.user_id == "u1"
        assert process.wait(SECONDS) == 0, (state / "log").read_text()
    with closing(sqlite3.connect(state / "data" / "orders.db")) as database:
        assert database.execute("SELECT count(*) FROM orders").fetchone() == (1,)
        topics = [topic for (topic,) in database.execute("SELECT topic FROM mesh_outbox ORDER BY id")]
    assert topics == ["audit", "orders"], "the attempt, and the order with its event"
