"""`serve`: what a service's main calls. Builds context, chain and server, and runs until told to stop."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from protomesh.app.fetchers import fetchers
from protomesh.app.grace import DRAIN_SECONDS
from protomesh.app.keys import ServiceToken, service_signer
from protomesh.app.policies import load_events_policy
from protomesh.app.process import Process, ready, run
from protomesh.app.security import Security
from protomesh.app.transport import certificate, for_clients, for_server
from protomesh.app.trust import Trust
from protomesh.context import Context
from protomesh.observe import CallMetrics, KeyMetrics, serve_metrics
from protomesh.policy import EventsPolicy
from protomesh.rpc import (
    Auth,
    Call,
    Conditions,
    Current,
    Denials,
    Encoder,
    Events,
    Interceptor,
    Limits,
    Links,
    MeshClients,
    Resources,
    Server,
    Status,
    Telemetry,
    Validation,
)
from protomesh.settings import Manifest
from protomesh.store import Bell, SqlDatabase, bell_path, migrate, migrate_library, open_engine

Build = Callable[[Context], object]
"""A class of handlers: made with the context, it has a method for each method of its contract service."""

COUNTED = 32
"""Bytes that HTTP/2 adds to each header in its count (RFC 7541, 4.1)."""


def serve(name: str, services: Mapping[str, Build], *, migrations: Path | None = None) -> None:
    """Run the service `name` of mesh.toml until SIGTERM.

    `services` maps contract services to their classes.
    """
    run(name, lambda process: _main(process, services, migrations))


def _main(process: Process, services: Mapping[str, Build], migrations: Path | None) -> None:
    registry = CollectorRegistry()
    events = load_events_policy(process)
    encoder = Encoder(
        process.name, {name: topic.format for name, topic in events.topics.items()}, process.clock
    )
    own = certificate(process)
    database = open_database(process, migrations)
    clients = open_clients(process, own)
    trust = Trust(process, fetchers(process, own), KeyMetrics(registry))
    security = Security(process, trust, events)
    context = Context(
        name=process.name,
        environment=process.environment,
        clock=process.clock,
        clients=clients,
        database=database,
        state_dir=process.state_dir,
        log=process.log,
        stopping=process.stopping,
        mesh=process.manifest.mesh.name,
        project=process.project,
        public=process.public,
        roles=security.roles_of,
        names=security.names,
        identity=process.manifest.identity,
    )
    settings = process.manifest.services[process.name]
    limits = Limits(settings.threads, streams=settings.streams, header_bytes=header_bytes(process.manifest))
    resources = Resources(database, encoder)
    denials = Denials(events, encoder, database, process.clock, logging.getLogger(process.name))
    auth = Auth(
        process.contract,
        security.policy,
        trust.verifier,
        process.clock,
        denials,
        certified=for_server(process, own),
    )
    links = Links(process.contract, security.policy, process.clock, process.log)
    server = Server(
        process.contract,
        {service: build(context) for service, build in services.items()},
        chain(process, events, encoder, registry, auth, links),
        lambda method, grpc_context: Call(method, grpc_context, resources),
        engine=settings.engine,
        limits=limits,
        reflect=process.environment == "development",
        tls=own,
    )
    address = f"{process.settings.host}:{_port(process)}"
    server.start(address)
    _show_metrics(process, registry)
    security.follow(auth.take, links.take)
    ready(address)
    process.stopping.wait()
    server.drain(DRAIN_SECONDS)
    for part in (denials, clients, database):
        part.close()


def _show_metrics(process: Process, registry: CollectorRegistry) -> None:
    if process.settings.metrics_port >= 0:
        serve_metrics(registry, process.settings.metrics_port, process.settings.host)


def chain(  # noqa: PLR0917 - the order of the parts is not that of the chain
    process: Process,
    policy: EventsPolicy,
    encoder: Encoder,
    registry: CollectorRegistry,
    auth: Auth,
    links: Links,
) -> Sequence[Interceptor]:
    """The interceptors, outermost first."""
    contract, clock, log = process.contract, process.clock, logging.getLogger(process.name)
    return (
        Status(contract, log),
        links,
        Telemetry(process.name, CallMetrics(registry), process.sink),
        auth,
        Conditions(contract),
        Validation(contract),
        Events(contract, policy, encoder, clock, log),
    )


def header_bytes(manifest: Manifest) -> int:
    """Room for every request that the gateway lets through: it tells the path twice and adds headers."""
    limits = manifest.gateway.limits
    return 2 * 1024 * limits.header_kilobytes + 2 * COUNTED * (limits.headers + 50)


def open_database(process: Process, migrations: Path | None) -> SqlDatabase:
    """The service's database with all its migrations applied."""
    engine = open_engine(process.database_url(process.name))
    migrate_library(engine)
    if migrations is not None:
        migrate(engine, migrations, table=f"{process.name.replace('-', '_')}_version")
    return SqlDatabase(engine, process.clock, Bell(bell_path(process.state_dir, process.name)))


def open_clients(process: Process, own: Current | None) -> MeshClients:
    """Clients of the services that mesh.toml [flows] lets this one call."""
    sign = service_signer(process, process.name)
    token = ServiceToken(process.name, process.manifest.mesh.name, sign, process.clock)
    return MeshClients(
        process.contract,
        process.addresses(),
        token,
        allowed=process.allowed(),
        tls=for_clients(process, own),
    )


def _port(process: Process) -> int:
    told = process.settings.port
    return told or process.ports.service(process.name)[process.settings.replica - 1]
