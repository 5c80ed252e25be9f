"""Which port each part of a mesh listens on: one rule, so that every process computes the same addresses."""

from dataclasses import dataclass

from protomesh.settings.manifest import Manifest

SERVICES_FROM = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """Gateway on `base`, broker on `base + 1`, services from `base + 10`, one port per replica."""

    manifest: Manifest
    base: int

    @property
    def gateway(self) -> int:
        """Where clients come in."""
        return self.base

    @property
    def broker(self) -> int:
        """Where the embedded broker listens."""
        return self.base + 1

    def service(self, name: str) -> tuple[int, ...]:
        """The ports of a service's replicas, in order."""
        at = self.base + SERVICES_FROM
        for other, settings in self.manifest.services.items():
            if other == name:
                first = settings.port or at
                return tuple(first + replica for replica in range(settings.replicas))
            at += settings.replicas
        raise KeyError(name)
