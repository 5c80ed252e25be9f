"""Everything that both renderings share: the objects of one gateway."""

from dataclasses import dataclass

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.gateway.addresses import Addresses
from protomesh.gateway.clusters import clusters
from protomesh.gateway.cors import policy
from protomesh.gateway.exposure import Exposed, bindings, exposed_methods
from protomesh.gateway.extras import Extras
from protomesh.gateway.filters import http_filters
from protomesh.gateway.lint import lint
from protomesh.gateway.listener import connection_manager, listener, virtual_host
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.routes import routes
from protomesh.gateway.tls import GatewayTls, downstream, upstream
from protomesh.gateway.transcoder import transcoder
from protomesh.settings import GatewaySettings, Manifest

ROUTE_TABLE = "edge"


@dataclass(frozen=True, slots=True)
class Model:
    """One gateway. Paths in it are as Envoy will see them."""

    contract: Contract
    methods: tuple[Exposed, ...]
    addresses: Addresses
    settings: GatewaySettings
    extras: Extras
    folder: str
    tls: GatewayTls | None = None

    @classmethod
    def build(
        cls,
        contract: Contract,
        manifest: Manifest,
        addresses: Addresses,
        extras: Extras,
        *,
        folder: str,
        tls: GatewayTls | None,
    ) -> "Model":
        """`folder` is where the rendered files will be. Raises ConfigError, with all that `lint` finds."""
        problems = lint(contract)
        if problems:
            raise ConfigError("; ".join(map(str, problems)))
        return cls(
            contract, exposed_methods(contract, manifest), addresses, manifest.gateway, extras, folder, tls
        )

    def listener(self, routing: Object, descriptors: str, script: str) -> Object:
        """`routing` as for `connection_manager`; `descriptors` and `script` are paths."""
        services = dict.fromkeys(each.method.service for each in self.methods)
        limits = self.settings.limits
        coder = transcoder(services, descriptors, limits)
        servers = dict.fromkeys(each.server for each in self.methods)
        chain = http_filters(script, coder, self.extras.list("http_filters"), limits, servers)
        uploads = any(each.method.streams_request for each in self.methods)
        manager = connection_manager(routing, chain, limits, uploads=uploads)
        rendered = listener(
            self.addresses.gateway,
            self.extras.over("connection_manager", manager),
            downstream(self.folder) if self.tls and self.tls.downstream else {},
        )
        return self.extras.over("listener", rendered)

    def route_table(self) -> Object:
        """The RouteConfiguration."""
        every = routes(self.methods, bindings(self.contract, self.methods), self.settings.limits)
        host = virtual_host([*self.extras.list("routes"), *every], policy(self.settings.cors))
        return {"name": ROUTE_TABLE, "virtual_hosts": [self.extras.over("virtual_host", host)]}

    def clusters(self) -> list[Json]:
        """One per service that has an exposed method, and the user's own."""
        names = dict.fromkeys(each.server for each in self.methods)
        return [*clusters(names, self.addresses, self._upstream), *self.extras.list("clusters")]

    def _upstream(self, name: str) -> Object:
        return upstream(self.tls, self.folder, name) if self.tls else {}
