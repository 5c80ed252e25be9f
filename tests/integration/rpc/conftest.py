from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.contract import Contract
from tests.support.ring import Rings


@pytest.fixture(params=["grpcio", "native"])
def rings(request: pytest.FixtureRequest, tmp_path: Path, ring_contract: Contract) -> Iterator[Rings]:
    """Every test of the server runs on both engines."""
    made = Rings(tmp_path, ring_contract, request.param)
    yield made
    made.close()
