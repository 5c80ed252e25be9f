from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.cage import Cage


@pytest.fixture
def cage(tmp_path: Path) -> Iterator[Cage]:
    made = Cage(tmp_path)
    made.write_contract()
    yield made
    made.close()
