"""Who counts as a service, a function or a client of a project."""

from pathlib import Path

import pytest

from protomesh.cli.callers import callers
from protomesh.cli.loaded import Loaded
from protomesh.cli.project import find
from protomesh.errors import ConfigError


def of(folder: Path) -> frozenset[str]:
    return callers(Loaded(find(folder / "mesh.toml", None)))


def function(folder: Path, text: str) -> None:
    main = folder / "functions" / "one" / "main.py"
    main.parent.mkdir(parents=True)
    main.write_text(text)


def test_services_functions_and_clients(project: Path) -> None:
    assert of(project) == frozenset()
    (project / "mesh.toml").write_text("[services.users]\n")
    function(project, "import nowhere\n\n\n@mark(x=1)\ndef ring(e, c): ...\n\n\ndef helper(): ...\n")
    (project / "policies").mkdir()
    (project / "policies" / "clients.json").write_text('{"clients": {"billing": ""}}')
    assert of(project) == {"users", "ring", "billing"}


def test_what_cannot_be_read_is_told(project: Path) -> None:
    function(project, "def (")
    with pytest.raises(ConfigError, match=r"main\.py: no Python"):
        of(project)


def test_clients_that_are_no_list_are_told(project: Path) -> None:
    (project / "policies").mkdir()
    (project / "policies" / "clients.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"clients\.json: not a list of clients"):
        of(project)
