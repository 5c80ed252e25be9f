"""`make` on machines that lack something says what to do, in one line, and leaves nothing half made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.mesh import PROJECT


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A project folder in which nothing was set up yet."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """`make setup` with a Python that is this shell script."""
    interpreter = folder / "python"
    interpreter.write_text(f"#!/bin/sh\n{python}\n")
    interpreter.chmod(0o755)
    return subprocess.run(
        ["make", "setup", f"PYTHON={interpreter}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=plain(),
    )


def plain() -> dict[str, str]:
    """The environment without what an outer make said."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def test_without_ensurepip_the_one_command_to_run_is_printed(bare: Path) -> None:
    done = make(bare, 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    assert done.returncode != 0
    assert "sudo apt install python3-venv" in done.stderr
    assert not (bare / ".venv").exists()


def test_an_old_python_is_named(bare: Path) -> None:
    done = make(bare, "exit 1")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (bare / ".venv").exists()


def test_the_setup_installs_exactly_the_locked_packages_and_the_project(bare: Path) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "setup"], cwd=bare, capture_output=True, text=True, check=True, env=plain()
    ).stdout
    steps = [line.strip() for line in done.splitlines() if line.startswith((".venv/bin/", "python3 -m venv"))]
    assert [step.split()[:3] for step in steps[:1]] == [["python3", "-m", "venv"]], done
    locked, own = steps[1:]
    assert locked.endswith("--require-hashes -r requirements.lock"), locked
    assert own.endswith("--no-deps --no-build-isolation --editable ."), own


def test_help_lists_every_target_that_users_know() -> None:
    done = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True)
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert {"run", "demo", "test", "check", "bench", "gen", "clean"} <= listed
