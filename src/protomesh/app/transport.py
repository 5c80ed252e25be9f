"""What a process needs for TLS with the others: its certificate, and whom it believes."""

from protomesh.app import tls
from protomesh.app.process import Process
from protomesh.certificates import Renewing
from protomesh.gateway.placement import placement
from protomesh.rpc import ClientTls, Current, Peers


def certificate(process: Process) -> Current | None:
    """The process's own certificate, None without TLS. Raises ConfigError where it cannot be used."""
    manifest, settings = process.manifest, process.settings
    if not tls.enabled(manifest, settings):
        return None
    files = tls.files(manifest, settings, process.project, process.state_dir, process.name)
    mesh = manifest.mesh.name
    return Renewing(files, mesh=mesh, name=process.name, now=process.clock.now, log=process.log).current


def for_clients(process: Process, current: Current | None) -> ClientTls | None:
    """Every connection goes to whom the placement says, by certificate."""
    return ClientTls(current, placement(process.contract, process.manifest)) if current else None


def for_server(process: Process, current: Current | None) -> Peers | None:
    """Callers are known by their certificates."""
    return Peers(process.manifest.mesh.name, frozenset(process.manifest.services)) if current else None
