"""What all tests share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from protomesh.contract import Contract
from tests.support.contracts import compile_ring, load_shop
from tests.support.need import need
from tests.support.postgres import Postgres

FUZZ = {"": 1, "long": 50}
"""How much longer than usual property tests run."""


def pytest_configure() -> None:
    """Read FUZZ, before any test module is imported."""
    told = os.environ.get("FUZZ", "")
    if told not in FUZZ:
        raise pytest.UsageError(f"FUZZ={told}: write FUZZ=long, or leave it out")
    if FUZZ[told] > 1:
        settings.register_profile("long", max_examples=100 * FUZZ[told], deadline=None)
        settings.load_profile("long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A long run is not cut short."""
    if os.environ.get("FUZZ") == "long":
        for item in items:
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="session")
def ring_contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A small contract with all four kinds of RPC, see tests/support/protos."""
    return compile_ring(tmp_path_factory.mktemp("ring"))


@pytest.fixture(scope="session")
def shop_contract() -> Contract:
    return load_shop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started when the first test asks for it."""
    need("postgres")
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of new, empty databases; a test that asks for it runs on each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{len(list(tmp_path.glob('*.db')))}.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database
