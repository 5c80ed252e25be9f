"""Which project a command is about."""

from pathlib import Path

import pytest

from protomesh.cli.project import find
from protomesh.errors import ConfigError


def test_the_nearest_manifest_upwards(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project / "services" / "users"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    paths = find(None, None)
    assert (paths.project, paths.manifest, paths.state) == (project, project / "mesh.toml", project / ".mesh")


def test_named_ones_count_from_here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent)
    paths = find(Path(project.name) / "mesh.toml", Path("state"))
    assert (paths.project, paths.state) == (project, project.parent / "state")


def test_a_named_one_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: no such file"):
        find(tmp_path / "none.toml", None)


def test_a_long_state_directory_has_no_admin_socket(project: Path) -> None:
    assert find(project / "mesh.toml", Path("/s")).admin == Path("/s/run/admin.sock")
    assert find(project / "mesh.toml", Path("/" + "s" * 100)).admin is None
