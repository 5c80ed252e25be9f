from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.contract import Contract
from tests.integration.services.shop import Policies, Shop


@pytest.fixture(scope="session")
def policies(shop_contract: Contract) -> Policies:
    """The project's own, compiled once."""
    return Policies.load(shop_contract)


@pytest.fixture
def shop(tmp_path: Path, shop_contract: Contract, policies: Policies) -> Iterator[Shop]:
    """Users, catalog and orders, with the project's own policies."""
    made = Shop(tmp_path, shop_contract, policies)
    yield made
    made.close()
