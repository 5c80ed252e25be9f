"""How the keys of issuers elsewhere are asked for: over the web, or of a service of this mesh."""

from functools import partial

from protomesh.app.origins import Fetcher
from protomesh.app.process import Process
from protomesh.app.transport import for_clients
from protomesh.errors import ConfigError
from protomesh.gateway.placement import placement
from protomesh.rpc import Current, MeshClients, http_body
from protomesh.tokens import Address, Fetch, Kind, fetch

METHOD = "GetJwks"
BODY = "google.api.HttpBody"
SECONDS = 5.0


def fetchers(process: Process, own: Current | None) -> Fetcher:
    """`own` is this process's certificate, None without TLS."""

    def fetcher(address: Address, where: str) -> Fetch:
        if address.kind is Kind.URL:
            return partial(fetch, address.value)
        return _of_service(process, address.value, where, own)

    return fetcher


def _of_service(process: Process, name: str, where: str, own: Current | None) -> Fetch:
    """Everybody may ask for public keys: it needs no flow in mesh.toml, and no token."""
    served = [
        method
        for service, server in placement(process.contract, process.manifest).items()
        for method in process.contract.services[service].methods
        if server == name and method.name == METHOD and method.response == BODY
    ]
    if len(served) != 1:
        raise ConfigError(
            f"no service '{name}' of this mesh has a method {METHOD} that returns {BODY}",
            where=where,
            fix="service:identity names [services.identity] of mesh.toml",
        )
    clients = MeshClients(
        process.contract, process.addresses(), lambda: "", tls=for_clients(process, own), apart=True
    )
    service = served[0].full_name.partition("/")[0]
    return lambda: http_body(lambda: clients.channel(service), served[0].path, SECONDS)
