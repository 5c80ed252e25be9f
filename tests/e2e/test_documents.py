"""Every command in the documents runs: `make` ones are resolved by make, others against a running mesh."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mesh import ENVIRONMENT, PROJECT, Mesh

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"^([A-Z_]+=\S+ )*make ")
DOCUMENTS = sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])


def commands(document: Path) -> list[str]:
    """The lines of all shell blocks, without comments."""
    blocks = BLOCK.findall(document.read_text())
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_the_readme_shows_the_two_commands_first() -> None:
    assert [line.split()[1] for line in commands(PROJECT / "README.md")[:2]] == ["run", "test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_make_commands_name_targets(document: Path) -> None:
    for line in filter(MAKE.match, commands(document)):
        done = subprocess.run(
            ["/bin/bash", "-c", MAKE.sub("make -n ", line)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_other_commands_run(document: Path, mesh: Mesh) -> None:
    lines = [line for line in commands(document) if not MAKE.match(line)]
    if not lines:
        return
    script = "\n".join(
        ["set -eu -o pipefail", *(f"echo '> {number}' >&2\n{line}" for number, line in enumerate(lines))]
    )
    script = script.replace("127.0.0.1:8080", mesh.address("gateway")).replace(
        "curl -i", "curl --fail-with-body -sS -i"
    )
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env={
            **ENVIRONMENT,
            "PROTOMESH_STATE_DIR": str(mesh.state_dir),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        timeout=120,
    )
    assert done.returncode == 0, f"{document.name}: {done.stderr}\n{done.stdout[-2000:]}"
