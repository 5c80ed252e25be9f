"""A whole server in this process: real engine, real chain, real database, on loopback."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import grpc
from prometheus_client import CollectorRegistry

from protomesh.clock import Clock, SystemClock
from protomesh.context import Context, Names, Roles, names_nobody, no_roles
from protomesh.contract import Contract
from protomesh.observe import CallMetrics, JsonHandler, LogSink
from protomesh.policy import EventsPolicy, SecurityPolicy, load_events, load_security
from protomesh.rpc import (
    Auth,
    Call,
    ClientTls,
    Conditions,
    Current,
    Denials,
    Encoder,
    Events,
    Interceptor,
    Limits,
    Links,
    MeshClients,
    Peers,
    Resources,
    Server,
    Status,
    Telemetry,
    Validation,
)
from protomesh.store import OutboxRow, SqlDatabase, lowest, migrate, migrate_library, open_engine
from tests.support.answers import SECONDS, Answer, Metadata, ask
from tests.support.mint import Mint

Engine = Literal["grpcio", "native"]
Rules = list[dict[str, Any]]
Build = Callable[[Context], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Tls:
    """What a house with mutual TLS has; it is asked by the gateway's certificate."""

    current: Current
    client: ClientTls
    peers: Peers
    as_gateway: grpc.ChannelCredentials


class House:
    """Built like `protomesh.app.service` builds one; its parts are in reach of the test."""

    def __init__(
        self,
        folder: Path,
        contract: Contract,
        build: Build,
        *,
        name: str = "ring",
        engine: Engine = "grpcio",
        rules: Rules | SecurityPolicy | None = None,
        events: Mapping[str, Any] | EventsPolicy | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        default_timeout: float = 15.0,
        largest: int = 1_000_000,
        stores: bool = True,
        reflect: bool = False,
        clock: Clock | None = None,
        mint: Mint | None = None,
        url: str = "",
        migrations: Path | None = None,
        addresses: Mapping[str, str] | None = None,
        allowed: frozenset[str] | None = None,
        tls: Tls | None = None,
        at: str = "127.0.0.1:0",
        roles: Roles = no_roles,
        names: Names = names_nobody,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.contract, self.name, self.clock = contract, name, clock or SystemClock()
        self.mint = mint or Mint(self.clock)
        self.database = self._database(url or f"sqlite:///{folder}/{name}.db", migrations)
        self.registry = CollectorRegistry()
        self._log_file = (folder / f"{name}.log").open("w+b")
        self.sink = LogSink(self._log_file.fileno())
        self.log = logging.Logger(name)  # noqa: LOG001 - one of this server's own, with no parent
        self.log.addHandler(JsonHandler(self.sink, name))
        self.clients = MeshClients(
            contract, addresses or {}, self._own_token, allowed=allowed, tls=tls.client if tls else None
        )
        self.stopping = threading.Event()
        self._tls, self._roles, self._names = tls, roles, names
        self._default_timeout, self._largest, self._stores = default_timeout, largest, stores
        self.services = build(self._context(folder))
        self.server = self._server(self.services, rules, events or {}, engine, limits, reflect=reflect)
        self.address = f"127.0.0.1:{self.server.start(at)}"
        self.channel = self.open_channel(tls.as_gateway) if tls else self.open_channel()
        self._service = next(iter(self.services))

    def open_channel(
        self, credentials: grpc.ChannelCredentials | None = None, server: str = ""
    ) -> grpc.Channel:
        """A connection of its own; with credentials over TLS, to this server or one called `server`."""
        if credentials is None:
            return grpc.insecure_channel(self.address, [("grpc.enable_retries", 0)])
        options = [("grpc.enable_retries", 0), ("grpc.ssl_target_name_override", server or self.name)]
        return grpc.secure_channel(self.address, credentials, options)

    def ask(
        self, method: str, request: Any, *metadata: tuple[str, str | bytes], timeout: float | None = SECONDS
    ) -> Answer:
        """Call a method, of the first service unless named in full."""
        full = method if "/" in method else f"{self._service}/{method}"
        return ask(
            self.contract,
            self.channel,
            self.contract.methods[full],
            request,
            metadata=metadata,
            timeout=timeout,
        )

    def rest(
        self, method: str, request: Any, *metadata: tuple[str, str | bytes], path: str = "/api/x"
    ) -> Answer:
        """As the gateway passes a REST request on."""
        seen: Metadata = (("x-envoy-original-method", "POST"), ("x-envoy-original-path", path))
        return self.ask(method, request, *seen, *metadata)

    def lines(self) -> list[dict[str, Any]]:
        """What the server has logged."""
        self.sink.flush()
        self._log_file.seek(0)
        return [json.loads(line) for line in self._log_file.read().splitlines()]

    def outbox(self) -> list[OutboxRow]:
        with self.database.unit_of_work(read_only=True) as work:
            return lowest(work.tx, 10_000)

    def close(self) -> None:
        self.stopping.set()
        self.channel.close()
        self.server.drain(5.0)
        self.denials.close()
        self.clients.close()
        self.database.close()
        self.sink.close()
        self._log_file.close()

    def _own_token(self) -> str:
        return self.mint.token(f"service:{self.name}")

    def _database(self, url: str, migrations: Path | None) -> SqlDatabase:
        engine = open_engine(url)
        migrate_library(engine)
        if migrations is not None:
            migrate(engine, migrations)
        return SqlDatabase(engine, self.clock)

    def _context(self, folder: Path) -> Context:
        return Context(
            self.name,
            "development",
            self.clock,
            self.clients,
            self.database,
            folder,
            self.log,
            self.stopping,
            roles=self._roles,
            names=self._names,
            project=folder,
        )

    def _server(
        self,
        services: Mapping[str, object],
        rules: Rules | SecurityPolicy | None,
        events: Mapping[str, Any] | EventsPolicy,
        engine: Engine,
        limits: Limits,
        *,
        reflect: bool,
    ) -> Server:
        chain, resources = self._chain(services, rules, events)
        return Server(
            self.contract,
            services,
            chain,
            lambda method, context: Call(method, context, resources),
            engine=engine,
            limits=limits,
            reflect=reflect,
            tls=self._tls.current if self._tls else None,
        )

    def _chain(
        self,
        services: Mapping[str, object],
        rules: Rules | SecurityPolicy | None,
        events: Mapping[str, Any] | EventsPolicy,
    ) -> tuple[tuple[Interceptor, ...], Resources]:
        every = [m.full_name for name in services for m in self.contract.services[name].methods]
        policy = security_of(self.contract, rules or [{"on": every, "allow": ["anyone"]}])
        emits = events_of(self.contract, events)
        formats = {name: topic.format for name, topic in emits.topics.items()}
        encoder = Encoder(self.name, formats, self.clock, largest=self._largest)
        self.denials = Denials(emits, encoder, self.database, self.clock, self.log)
        self.links = Links(self.contract, policy, self.clock, self.log)
        self.auth = Auth(
            self.contract,
            policy,
            self.mint.verifier(),
            self.clock,
            self.denials,
            certified=self._tls.peers if self._tls else None,
        )
        chain = (
            Status(self.contract, self.log),
            self.links,
            Telemetry(self.name, CallMetrics(self.registry), self.sink),
            self.auth,
            Conditions(self.contract),
            Validation(self.contract),
            Events(self.contract, emits, encoder, self.clock, self.log),
        )
        return chain, Resources(self.database if self._stores else None, encoder, self._default_timeout)


def security_of(contract: Contract, rules: Rules | SecurityPolicy) -> SecurityPolicy:
    """Rules compiled; compiling many takes a moment, so that a policy may also be given as it is."""
    if isinstance(rules, SecurityPolicy):
        return rules
    return load_security(json.dumps({"login": "/login", "rules": rules}).encode(), contract, complete=False)


def events_of(contract: Contract, events: Mapping[str, Any] | EventsPolicy) -> EventsPolicy:
    """As above."""
    return events if isinstance(events, EventsPolicy) else load_events(json.dumps(events).encode(), contract)
