"""Where the gateway listens and where the services are."""

from collections.abc import Mapping
from dataclasses import dataclass

from protomesh.settings import Manifest, Ports

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TCP address. `host` is an IP address or, for services only, a name that DNS knows."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """`services` maps the NAME of `[services.NAME]` to its replicas, which take turns."""

    gateway: Endpoint
    services: Mapping[str, tuple[Endpoint, ...]]

    @classmethod
    def local(cls, manifest: Manifest, ports: Ports) -> "Addresses":
        """One machine: the gateway on the manifest's host, the services on loopback, by the ports' rule."""
        services = {
            name: tuple(Endpoint(LOOPBACK, port) for port in ports.service(name))
            for name in manifest.services
        }
        return cls(Endpoint(manifest.gateway.host, ports.gateway), services)
