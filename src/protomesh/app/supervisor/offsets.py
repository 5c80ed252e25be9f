"""Which ports a block holds."""

from protomesh.settings import Manifest, Ports


def offsets(manifest: Manifest) -> tuple[int, ...]:
    """Distances from the base that a mesh listens at."""
    at_zero = Ports(manifest, 0)
    services = (
        port
        for name, settings in manifest.services.items()
        if not settings.port
        for port in at_zero.service(name)
    )
    return (at_zero.gateway, at_zero.broker, *services)
