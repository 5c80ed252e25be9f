"""Whether what is generated is what would be generated now, byte for byte."""

import tempfile
from pathlib import Path

from protomesh.app.generate import generate
from protomesh.app.supervisor.gateway_files import certificates, extras
from protomesh.cli.loaded import EVENTS, SECURITY, Loaded
from protomesh.cli.project import STATE
from protomesh.errors import ConfigError
from protomesh.gateway import GatewayFiles, render_static
from protomesh.gateway.openapi import render_openapi
from protomesh.policy import load_security
from protomesh.settings import ProcessSettings

GATEWAY = "gateway"
OPENAPI = "openapi.json"


def different(loaded: Loaded, *, lenient: bool = False) -> list[str]:
    """Files that are missing, changed or too many, relative to the project. Raises ConfigError.

    `lenient` leaves out what cannot be rendered since a policy is wrong, for who tells that elsewhere.
    """
    name = loaded.manifest.contract.generated
    with tempfile.TemporaryDirectory(prefix="protomesh-") as scratch:
        new = _files(generate(loaded.paths.project, loaded.manifest, Path(scratch) / "gen"))
    old = _files(loaded.paths.project / name)
    found = [f"{name}/{each}" for each in sorted(new.keys() | old.keys()) if new.get(each) != old.get(each)]
    return found or _different_gateway(loaded, _document(loaded, lenient=lenient))


def write_gateway(loaded: Loaded) -> None:
    """Write the static rendering, then the document. Raises ConfigError."""
    folder = loaded.paths.project / GATEWAY
    folder.mkdir(exist_ok=True)
    for name, content in gateway(loaded).items():
        (folder / name).write_bytes(content)
    (folder / OPENAPI).write_bytes(openapi(loaded))


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


def openapi(loaded: Loaded) -> bytes:
    """The document of the REST API; a new method may still lack its rule. Raises ConfigError."""
    file = loaded.paths.project / SECURITY
    policy = None
    if file.exists():
        types = loaded.events.types if (loaded.paths.project / EVENTS).exists() else {}
        policy = load_security(file, loaded.contract, event_types=types, complete=False)
    return render_openapi(loaded.contract, loaded.manifest, policy)


def _document(loaded: Loaded, *, lenient: bool) -> GatewayFiles:
    try:
        return {OPENAPI: openapi(loaded)}
    except ConfigError:
        if lenient:
            return {}
        raise


def _different_gateway(loaded: Loaded, document: GatewayFiles) -> list[str]:
    """Only asked when gen/ is fresh, since it is rendered from there."""
    folder = loaded.paths.project / GATEWAY
    return [
        f"{GATEWAY}/{name}"
        for name, content in {**gateway(loaded), **document}.items()
        if not (folder / name).exists() or (folder / name).read_bytes() != content
    ]


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
