"""The project's own contract, read once."""

from pathlib import Path

import pytest

from protomesh.contract import Contract

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.load(ROOT / "gen/descriptors.binpb", "shop_pb")
