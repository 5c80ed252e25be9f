"""Which service of the mesh serves which service of the contract."""

from collections.abc import Mapping

from protomesh.contract import Contract, Service
from protomesh.errors import ConfigError
from protomesh.settings import Manifest, ServiceSettings


def placement(contract: Contract, manifest: Manifest) -> Mapping[str, str]:
    """Contract service (`shop.users.v1.Users`) to the NAME of `[services.NAME]` (`users`).

    A service serves what its `serves` names (packages or full service names), by default the packages whose
    last segment but one is its NAME. Services of the contract that nobody serves are left out when all their
    methods are internal. Raises ConfigError for one with HTTP bindings that nobody serves, for one that two
    serve, and for a name in `serves` that the contract does not have.
    """
    _known_names(contract, manifest)
    found: dict[str, str] = {}
    for service in contract.services.values():
        servers = [name for name, settings in manifest.services.items() if _serves(name, settings, service)]
        if len(servers) > 1:
            raise ConfigError(
                f"{service.name} is served twice, by {' and by '.join(servers)}", where="services"
            )
        if servers:
            found[service.name] = servers[0]
        elif any(method.bindings for method in service.methods):
            raise _nobody(service)
    return found


def _serves(name: str, settings: ServiceSettings, service: Service) -> bool:
    if settings.serves:
        return service.name in settings.serves or service.package in settings.serves
    return service.package.split(".")[-2:-1] == [name]


def _nobody(service: Service) -> ConfigError:
    likely = (service.package.split(".")[-2:-1] or [service.name.lower()])[0]
    return ConfigError(
        f"nobody serves {service.name}, which has HTTP bindings",
        where="services",
        fix=f'add [services.{likely}], or name it in a service: serves = ["{service.name}"]',
    )


def _known_names(contract: Contract, manifest: Manifest) -> None:
    known = {name for service in contract.services.values() for name in (service.name, service.package)}
    for name, settings in manifest.services.items():
        for served in settings.serves:
            if served not in known:
                raise ConfigError(
                    f"the contract has no package or service '{served}'", where=f"services.{name}.serves"
                )
