"""One Envoy for all tests of the gateway, in the dynamic form, with real gRPC services behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from protomesh.contract import Contract
from protomesh.gateway import Addresses, Endpoint, render_dynamic
from protomesh.settings import Manifest
from tests.integration.gateway.clients import ORIGIN, Rest, eventually
from tests.integration.gateway.envoys import free_port, running, write
from tests.integration.gateway.files import SERVICE, Files, with_files
from tests.integration.gateway.services import Catalog, Orders, Restarts, Users, serve

ROOT = Path(__file__).parents[3]
BODY_BYTES = 100_000
TIMEOUT = 4.0


@dataclass(frozen=True, slots=True)
class World:
    contract: Contract
    manifest: Manifest
    addresses: Addresses
    folder: Path
    users: tuple[Users, ...]
    catalog: Restarts

    @property
    def rest(self) -> Rest:
        return Rest(self.addresses.gateway.port)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.addresses.gateway.port}"

    @property
    def log(self) -> Path:
        return self.folder / "log"


@pytest.fixture(scope="session")
def contract() -> Contract:
    return with_files(Contract.load(ROOT / "gen/descriptors.binpb", "shop_pb"))


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return Manifest.model_validate(
        {
            "gateway": {
                "cors": {"origins": [ORIGIN, r"~https://[a-z0-9-]+\.preview\.example"]},
                "limits": {"body_bytes": BODY_BYTES, "timeout_seconds": TIMEOUT, "stream_seconds": 30},
            },
            "services": {"users": {"replicas": 2}, "catalog": {}, "orders": {}, "files": {}},
        }
    )


@pytest.fixture(scope="session")
def world(
    contract: Contract, manifest: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    at = [Endpoint("127.0.0.1", free_port()) for _ in range(6)]
    addresses = Addresses(
        at[0], {"users": (at[1], at[2]), "catalog": (at[3],), "orders": (at[4],), "files": (at[5],)}
    )
    users = Users("one"), Users("two")
    servers = [
        serve(at[1].port, contract, {"shop.users.v1.Users": users[0]}),
        serve(at[2].port, contract, {"shop.users.v1.Users": users[1]}),
        serve(at[4].port, contract, {"shop.orders.v1.Orders": Orders()}),
        serve(at[5].port, contract, {SERVICE: Files()}),
    ]
    catalog = Restarts(at[3].port, contract, {"shop.catalog.v1.Catalog": Catalog()})
    folder = tmp_path_factory.mktemp("gw")
    made = World(contract, manifest, addresses, folder, users, catalog)
    files = render_dynamic(
        contract, manifest, addresses, folder=str(folder), admin=str(folder / "admin.sock")
    )
    write(folder, files)
    with running(folder / "bootstrap.json", at[0].port, made.log):
        for path in ("/api/users/u1", "/api/products/p1", "/api/users/u1/orders/o1", "/api/files/f1"):
            eventually(partial(made.rest, "GET", path), lambda answer: answer.status == 200)
        yield made
    assert "[lua]" not in made.log.read_text(), "the edge filter failed, and Envoy went on without it"
    catalog.stop()
    for server in servers:
        server.stop(None)


@pytest.fixture
def rest(world: World) -> Rest:
    return world.rest
