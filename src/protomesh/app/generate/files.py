"""What `protomesh gen` writes, and whether that is still fresh."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from protomesh.app.generate.compile import descriptors, python
from protomesh.settings import Manifest

STAMP = "inputs.sha256"


def generate(project: Path, manifest: Manifest, into: Path | None = None) -> Path:
    """Write gen/ anew, all of it or nothing, and return the folder.

    `into` is another folder than the project's own.
    """
    target = into or project / manifest.contract.generated
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".gen-") as scratch:
        fresh = Path(scratch) / "gen"
        (fresh / "python").mkdir(parents=True)
        protos = project / manifest.contract.protos
        python(protos, fresh / "python", manifest.contract.python)
        descriptors(protos, fresh / "descriptors.binpb")
        (fresh / STAMP).write_text(_inputs(project, manifest) + "\n")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    return target


def stale(project: Path, manifest: Manifest) -> bool:
    """Whether a .proto file changed since gen/ was written."""
    stamp = project / manifest.contract.generated / STAMP
    return not stamp.exists() or stamp.read_text().strip() != _inputs(project, manifest)


def _inputs(project: Path, manifest: Manifest) -> str:
    digest = hashlib.sha256(manifest.contract.python.encode())
    for path in _sources(project / manifest.contract.protos):
        digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(protos: Path) -> Iterator[Path]:
    yield from sorted(protos.rglob("*.proto"))
