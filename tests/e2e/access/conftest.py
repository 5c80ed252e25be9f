"""One mesh for all cases, without functions, so that an order stays as a case has left it."""

from collections.abc import Iterator

import pytest

from protomesh.contract import Contract
from tests.e2e.access.doors import Doors
from tests.e2e.access.people import Press
from tests.e2e.access.project import copy_of_project
from tests.e2e.access.stage import Stage
from tests.e2e.access.targets import CLIENT
from tests.support.mesh import Mesh, running


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """Of a project that is this one but for the folder of policies, where a client's secret will be."""
    project = copy_of_project(tmp_path_factory.mktemp("project"))
    with running("--without", "functions", project=project) as found:
        yield found


@pytest.fixture(scope="session")
def doors(mesh: Mesh, shop_contract: Contract) -> Iterator[Doors]:
    found = Doors(mesh, shop_contract, Press.of(mesh))
    yield found
    found.close()


@pytest.fixture(scope="session")
def stage(mesh: Mesh, doors: Doors) -> Stage:
    return Stage(doors, mesh.cli("client", CLIENT).strip())
