from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.app.supervisor.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path, tmp_path / "state")
    yield made
    made.close()
