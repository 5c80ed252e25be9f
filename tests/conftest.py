"""What all tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protomesh.contract import Contract
from tests.support.contracts import compile_ring, load_shop
from tests.support.need import need
from tests.support.postgres import Postgres


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
