"""The certificates of a mesh that is about to start: made in development, else looked at."""

from collections.abc import Callable
from datetime import UTC, datetime

from protomesh.app import tls
from protomesh.app.supervisor.paths import Paths
from protomesh.certificates import GATEWAY, Files, Made, ensure, load
from protomesh.clock import SystemClock
from protomesh.settings import Manifest, ProcessSettings


def prepare(
    manifest: Manifest, settings: ProcessSettings, paths: Paths, say: Callable[[str], None]
) -> Files | None:
    """The gateway's; None without TLS. Raises ConfigError for certificates that cannot be used."""
    if not tls.enabled(manifest, settings):
        return None
    environment = settings.environment or manifest.mesh.environment
    if environment == "development" and tls.made_here(manifest, settings):
        for made in make(manifest, paths):
            if made.state != "kept":
                say(f"certificate {made.state}: {made.file.name}, good until {day(made.expires)}")
    # The gateway cannot say so in words of its own; the others look at theirs when they start.
    files = tls.files(manifest, settings, paths.project, paths.state, GATEWAY)
    load(files, SystemClock().now())
    return files


def make(manifest: Manifest, paths: Paths) -> list[Made]:
    """Those of development, in the state directory."""
    folder = paths.state / tls.DEFAULT
    return ensure(folder, manifest.mesh.name, tls.components(manifest), SystemClock().now())


def day(seconds: float) -> str:
    """2027-01-31"""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
