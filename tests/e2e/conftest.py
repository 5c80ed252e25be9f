"""One mesh for all end-to-end tests of a run."""

from collections.abc import Iterator

import pytest

from tests.support.mesh import Mesh, running


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    with running() as found:
        yield found
