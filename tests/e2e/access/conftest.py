"""One mesh for all cases, without functions, so that an order stays as a case has left it."""

from collections.abc import Iterator

import pytest

from protomesh.contract import Contract
from tests.e2e.access.doors import Doors
from tests.e2e.access.people import Press
from tests.e2e.access.stage import Stage
from tests.support.mesh import Mesh, running


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    with running("--without", "functions") as found:
        yield found


@pytest.fixture(scope="session")
def doors(mesh: Mesh, shop_contract: Contract) -> Iterator[Doors]:
    found = Doors(mesh, shop_contract, Press.of(mesh))
    yield found
    found.close()


@pytest.fixture(scope="session")
def stage(doors: Doors) -> Stage:
    return Stage(doors)
