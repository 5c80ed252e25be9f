"""Whether what is generated is what would be generated now, byte for byte."""

import tempfile
from pathlib import Path

from protomesh.app.generate import generate
from protomesh.app.supervisor.gateway_files import certificates, extras
from protomesh.cli.loaded import Loaded
from protomesh.cli.project import STATE
from protomesh.gateway import GatewayFiles, render_static
from protomesh.settings import ProcessSettings

GATEWAY = "gateway"


def different(loaded: Loaded) -> list[str]:
    """Files that are missing, changed or too many, relative to the project. Raises ConfigError."""
    name = loaded.manifest.contract.generated
    with tempfile.TemporaryDirectory(prefix="protomesh-") as scratch:
        new = _files(generate(loaded.paths.project, loaded.manifest, Path(scratch) / "gen"))
    old = _files(loaded.paths.project / name)
    found = [f"{name}/{each}" for each in sorted(new.keys() | old.keys()) if new.get(each) != old.get(each)]
    return found or _different_gateway(loaded)


def write_gateway(loaded: Loaded) -> None:
    """Write the static rendering. Raises ConfigError."""
    folder = loaded.paths.project / GATEWAY
    folder.mkdir(exist_ok=True)
    for name, content in gateway(loaded).items():
        (folder / name).write_bytes(content)


def gateway(loaded: Loaded) -> GatewayFiles:
    """The static rendering, which depends on no environment. Raises ConfigError."""
    plain = ProcessSettings.model_construct()
    return render_static(
        loaded.contract,
        loaded.manifest,
        folder=GATEWAY,
        extras=extras(loaded.paths),
        tls=certificates(loaded.manifest, plain, Path(), Path(STATE)),
    )


def _different_gateway(loaded: Loaded) -> list[str]:
    """Only asked when gen/ is fresh, since it is rendered from there."""
    folder = loaded.paths.project / GATEWAY
    return [
        f"{GATEWAY}/{name}"
        for name, content in gateway(loaded).items()
        if not (folder / name).exists() or (folder / name).read_bytes() != content
    ]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
