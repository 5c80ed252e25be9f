from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protomesh.cli import main

ROOT = Path(__file__).parents[3]

Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a manifest and nothing else."""
    (tmp_path / "mesh.toml").write_text("")
    return tmp_path


@pytest.fixture
def shop(tmp_path: Path) -> Run:
    """A command run on this repository's own project, with a state directory of its own."""

    def run(*arguments: str) -> Result:
        told = ["--manifest", str(ROOT / "mesh.toml"), "--state-dir", str(tmp_path / "state")]
        return CliRunner().invoke(main, [*arguments, *told])

    return run
