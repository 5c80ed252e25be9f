from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.relay.yard import Yard


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    made = Yard(tmp_path)
    yield made
    made.close()
