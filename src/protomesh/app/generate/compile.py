"""protoc over the project's .proto files: Python modules with stubs, and one descriptor set."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from protomesh.app.generate.imports import imports
from protomesh.errors import ConfigError

LIBRARY_ROOT = "protomesh_pb"
"""Holds `mesh.*` and `buf.*`, so that no top-level name of anyone is taken."""

IMPORT = re.compile(r"^(from|import) ([a-z_0-9]+)(\.| import)", re.MULTILINE)


def descriptors(protos: Path, out: Path) -> None:
    """Write one descriptor set with all imports and the comments of our own files."""
    with tempfile.TemporaryDirectory() as scratch:
        known = _known(Path(scratch))
        _protoc(
            [
                f"-I{protos}",
                f"--descriptor_set_in={known}",
                "--include_imports",
                "--include_source_info",
                f"--descriptor_set_out={out}",
                *sources(protos),
            ],
        )


def python(protos: Path, out: Path, root: str) -> None:
    """Write the Python packages: `root` for the project's own, `protomesh_pb` for mesh and buf."""
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch) / "raw"
        raw.mkdir()
        known = _known(Path(scratch))
        _protoc(
            [
                f"-I{protos}",
                f"--descriptor_set_in={known}",
                *(f"--{kind}_out={raw}" for kind in ("python", "mypy", "grpc_python", "mypy_grpc")),
                *sources(protos),
                "buf/validate/validate.proto",
            ],
        )
        tops = sorted(entry.name for entry in raw.iterdir())
        roots = {top: LIBRARY_ROOT if top in {"mesh", "buf"} else root for top in tops}
        for top in tops:
            _place(raw / top, out / roots[top] / top, roots)


def sources(protos: Path) -> list[str]:
    """The project's own .proto files, as protoc names them."""
    return sorted(str(path.relative_to(protos)) for path in protos.rglob("*.proto"))


def _known(scratch: Path) -> Path:
    path = scratch / "imports.binpb"
    path.write_bytes(imports().SerializeToString(deterministic=True))
    return path


def _place(source: Path, target: Path, roots: dict[str, str]) -> None:
    """Move generated modules under their root, with imports that say so."""

    def rooted(match: re.Match[str]) -> str:
        word, top, rest = match.groups()
        return f"{word} {roots[top]}.{top}{rest}" if top in roots else match.group(0)

    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in target.rglob("*_pb2_grpc.py"):
        if "class " not in path.read_text():  # a file without a service has no stubs
            path.unlink()
            path.with_suffix(".pyi").unlink()
    for path in [*target.rglob("*.py"), *target.rglob("*.pyi")]:
        path.write_text(IMPORT.sub(rooted, path.read_text()))
    for folder in [target.parent, target, *(path for path in target.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (target.parent / "py.typed").touch()


def _protoc(arguments: list[str]) -> None:
    """Run protoc as its own process: it writes to the descriptors 1 and 2 and keeps state between runs."""
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-m", "grpc_tools.protoc", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        said = done.stderr.strip()
        first = next((line.strip() for line in said.splitlines() if ": " in line), said)
        raise ConfigError(
            first or f"it ended with status {done.returncode}",
            where="protoc",
            fix="mend the .proto file and run protomesh gen again",
        )
