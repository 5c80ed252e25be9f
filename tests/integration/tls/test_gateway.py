"""A real Envoy in front of two services, all with certificates."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from protomesh.certificates import Renewing
from protomesh.contract import Contract
from protomesh.gateway import Addresses, Endpoint, GatewayTls, render_dynamic
from protomesh.rpc import Call
from protomesh.settings import Manifest
from tests.integration.gateway.clients import Rest, eventually
from tests.integration.gateway.envoys import free_port, running, write
from tests.integration.tls.conftest import tls_of
from tests.support.certificates import MESH, Office
from tests.support.house import House

MANIFEST = Manifest.model_validate(
    {
        "mesh": {"name": MESH},
        "tls": {"enabled": True},
        "services": {"users": {}, "catalog": {}, "orders": {}, "identity": {}, "portal": {}},
    }
)
FULL = {"users": "shop.users.v1.Users", "catalog": "shop.catalog.v1.Catalog"}


class Empty:
    """Answers every method with nothing; `seen` are the calls."""

    def __init__(self, contract: Contract, service: str, seen: list[Call]) -> None:
        self._methods = {each.name: each for each in contract.services[service].methods}
        self._contract, self._seen = contract, seen

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._methods:
            raise AttributeError(name)
        answer = self._contract.message(self._methods[name].response)

        def handle(_request: Any, call: Call) -> Any:
            self._seen.append(call)
            return answer()

        return handle


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: free_port() for name in ("gateway", "users", "catalog", "orders", "identity", "portal")}


Start = Callable[..., House]


@pytest.fixture
def seen() -> list[Call]:
    return []


@pytest.fixture
def start(
    tmp_path: Path, shop_contract: Contract, office: Office, ports: dict[str, int], seen: list[Call]
) -> Iterator[Start]:
    houses: list[House] = []

    def start_(name: str, own: Renewing | None = None) -> House:
        empty = Empty(shop_contract, FULL[name], seen)
        house = House(
            tmp_path / f"{name}{len(houses)}",
            shop_contract,
            lambda _context: {FULL[name]: empty},
            name=name,
            tls=tls_of(office, (own or office.renewing(name)).current),
            at=f"127.0.0.1:{ports[name]}",
        )
        houses.append(house)
        return house

    yield start_
    for house in houses:
        house.close()


@pytest.fixture
def gateway(tmp_path: Path, shop_contract: Contract, office: Office, ports: dict[str, int]) -> Iterator[Rest]:
    at = {name: Endpoint("127.0.0.1", port) for name, port in ports.items()}
    addresses = Addresses(at["gateway"], {name: (at[name],) for name in MANIFEST.services})
    own = office.issue("gateway")
    tls = GatewayTls(MESH, str(own.ca), str(own.certificate), str(own.key))
    folder = tmp_path / "gateway"
    folder.mkdir()
    write(folder, render_dynamic(shop_contract, MANIFEST, addresses, folder=str(folder), tls=tls))
    with running(folder / "bootstrap.json", ports["gateway"], tmp_path / "log"):
        yield Rest(ports["gateway"])


def answers(rest: Rest, path: str, status: int) -> None:
    eventually(lambda: rest("GET", path), lambda answer: answer.status == status)


def test_the_gateway_speaks_only_to_the_service_it_means(
    start: Start, gateway: Rest, office: Office, seen: list[Call]
) -> None:
    start("users")
    start("catalog", own=office.renewing("users"))
    answers(gateway, "/api/users/u1", 200)
    assert (seen[0].rest, seen[0].service) == (True, "")
    assert gateway("GET", "/api/products/p1").status == 503
    assert {call.method.service for call in seen} == {FULL["users"]}


def test_a_whole_new_authority_needs_no_restart_of_the_gateway(
    start: Start, gateway: Rest, office: Office
) -> None:
    start("users")
    answers(gateway, "/api/users/u1", 200)
    office.new_authority()
    office.issue("gateway")
    start("catalog")
    answers(gateway, "/api/products/p1", 200)
