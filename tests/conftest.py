"""What all tests share."""

import pytest

from protomesh.contract import Contract
from tests.support.contracts import compile_ring, load_shop


@pytest.fixture(scope="session")
def ring_contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A small contract with all four kinds of RPC, see tests/support/protos."""
    return compile_ring(tmp_path_factory.mktemp("ring"))


@pytest.fixture(scope="session")
def shop_contract() -> Contract:
    return load_shop()
