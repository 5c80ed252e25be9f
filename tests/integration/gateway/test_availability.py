"""Services that go away and come back, and replicas that take turns."""

import http.client
from functools import partial
from pathlib import Path
from typing import cast

import grpc
import pytest

from protomesh.gateway import Addresses, Endpoint, render_dynamic
from shop_pb.shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from tests.integration.gateway.clients import Answer, Rest, eventually
from tests.integration.gateway.conftest import World
from tests.integration.gateway.envoys import free_port, running, write
from tests.integration.gateway.problems import assert_problem
from tests.integration.gateway.services import Catalog, Restarts

PRODUCT = "/api/products/p1"


def test_replicas_take_turns(world: World) -> None:
    seen: set[str] = set()

    def ask() -> Answer:
        answer = world.rest("GET", "/api/users/u1")
        seen.add(answer.json["email"])
        return answer

    eventually(ask, lambda _: seen == {"one", "two"})


def test_a_service_that_went_away_is_503_until_it_is_back(world: World) -> None:
    get = partial(world.rest, "GET", PRODUCT)
    world.catalog.stop()
    away = eventually(get, lambda answer: answer.status != 200)
    problem = assert_problem(away, 503, "UNAVAILABLE")
    assert problem["detail"] == "the service is not available, try again"
    assert away.headers["retry-after"] == "1"
    ready = partial(world.rest, "GET", "/readyz")
    eventually(ready, lambda answer: answer.status == 503)
    with grpc.insecure_channel(world.target) as channel, pytest.raises(grpc.RpcError) as caught:
        catalog_pb2_grpc.CatalogStub(channel).GetProduct(
            catalog_pb2.GetProductRequest(product_id="p1"), timeout=60
        )
    error = cast("grpc.Call", caught.value)
    assert (error.code(), error.details()) == (
        grpc.StatusCode.UNAVAILABLE,
        "the service is not available, try again",
    )
    world.catalog.start()
    assert eventually(get, lambda answer: answer.status == 200).json["id"] == "p1"
    eventually(ready, lambda answer: answer.status == 200)


def test_a_service_that_restarts_is_used_on_the_next_request(world: World) -> None:
    """As a supervisor does it: nothing is asked while it is away, and the old connection is dead."""
    connection = http.client.HTTPConnection(world.target, timeout=60)
    for _ in range(3):
        connection.request("GET", PRODUCT)
        answer = connection.getresponse()
        assert (answer.status, answer.read()[:10]) == (200, b'{"id":"p1"')
        world.catalog.stop()
        world.catalog.start()
    connection.close()


def test_a_service_that_was_never_there_is_used_when_it_comes(world: World, tmp_path: Path) -> None:
    """As a mesh starts: the gateway is up first."""
    at = {name: (Endpoint("127.0.0.1", free_port()),) for name in world.addresses.services}
    gateway = Endpoint("127.0.0.1", free_port())
    files = render_dynamic(world.contract, world.manifest, Addresses(gateway, at), folder=str(tmp_path))
    write(tmp_path, files)
    with running(tmp_path / "bootstrap.json", gateway.port, tmp_path / "log"):
        get = partial(Rest(gateway.port), "GET", PRODUCT)
        assert get().json["code"] == "UNAVAILABLE"
        catalog = Restarts(at["catalog"][0].port, world.contract, {"shop.catalog.v1.Catalog": Catalog()})
        assert eventually(get, lambda answer: answer.status == 200).json["id"] == "p1"
        catalog.stop()


def test_the_gateway_tells_its_own_health(world: World) -> None:
    assert world.rest("GET", "/healthz").status == 200
