"""Programs of others that check our files."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from protomesh.app.supervisor.gateway_files import command
from protomesh.gateway import GatewayFiles, refusal

BUF = {
    "version": "v2",
    "lint": {
        "use": ["STANDARD"],
        "except": [
            "SERVICE_SUFFIX",
            "RPC_REQUEST_STANDARD_NAME",
            "RPC_RESPONSE_STANDARD_NAME",
            "RPC_REQUEST_RESPONSE_UNIQUE",
        ],
        "ignore": ["google", "buf"],
    },
}
"""AIP style names a service after what it serves and returns resources themselves."""


class AbsentError(Exception):
    """A program that this machine lacks, and how to get it."""


def buf_lint(descriptors: Path) -> list[str]:
    """What buf finds wrong, a line each; the descriptor set carries the comments. Raises AbsentError."""
    buf = _find("buf", "pip install 'protomesh[dev]' brings it")
    done = _run([buf, "lint", str(descriptors), "--config", json.dumps(BUF)])
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines or ([f"buf lint ended with status {done.returncode}"] if done.returncode else [])


def envoy_validate(files: GatewayFiles) -> list[str]:
    """What Envoy says against the static rendering."""
    with tempfile.TemporaryDirectory(prefix="protomesh-") as scratch:
        folder = Path(scratch) / "gateway"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        done = _run([*command(Path("gateway/envoy.yaml")), "--mode", "validate"], cwd=Path(scratch))
    said = done.stdout + done.stderr
    return [refusal(said) or f"envoy ended with status {done.returncode}"] if done.returncode else []


def _find(program: str, fix: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(program, path=os.pathsep.join([beside, os.defpath])) or shutil.which(program)
    if found is None:
        raise AbsentError(f"{program} is not installed; {fix}")
    return found


def _run(arguments: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - programs found above, no shell
        arguments, cwd=cwd, capture_output=True, text=True, errors="replace", check=False
    )
