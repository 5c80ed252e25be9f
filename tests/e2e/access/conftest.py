"""One mesh for all cases, without functions, so that an order stays as a case has left it."""

import shutil
from collections.abc import Iterator

import pytest

from protomesh.contract import Contract
from tests.e2e.access.doors import Doors
from tests.e2e.access.people import Press
from tests.e2e.access.stage import Stage
from tests.e2e.access.targets import CLIENT
from tests.support.mesh import PROJECT, Mesh, running

LINKED = ("mesh.toml", "protos", "gen", "gateway", "services", "functions")


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """Of a project that is this one but for the folder of policies, where a client's secret will be."""
    project = tmp_path_factory.mktemp("project")
    for name in LINKED:
        (project / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "policies", project / "policies")
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
