from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.contract import Contract
from tests.integration.services.shop import Shop


@pytest.fixture
def shop(tmp_path: Path, shop_contract: Contract) -> Iterator[Shop]:
    """Users, catalog and orders, with the project's own policies."""
    made = Shop(tmp_path, shop_contract)
    yield made
    made.close()
