from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protomesh.contract import Contract
from protomesh.testing import FakeClock
from tests.integration.identity.place import Place


@pytest.fixture
def place(tmp_path: Path, shop_contract: Contract, new_database: Callable[[], str]) -> Iterator[Place]:
    """The identity service on each kind of database, with a clock that stands still."""
    made = Place(tmp_path, shop_contract, FakeClock(), new_database())
    yield made
    made.close()
