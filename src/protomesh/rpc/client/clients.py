"""Typed clients of other services: `context.stub(UsersStub)`."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc

from protomesh.certificates import Material
from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.rpc.client.channel import MeshChannel
from protomesh.rpc.client.renewed import RenewedChannel
from protomesh.rpc.tls import Current, channel_credentials

S = TypeVar("S")

ATTEMPTS = 4
Options = tuple[tuple[str, int | str], ...]
OPTIONS: Options = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
)


@dataclass(frozen=True, slots=True)
class ClientTls:
    """The own certificate, and which component serves a contract service: its certificate must say so."""

    current: Current
    servers: Mapping[str, str]


class MeshClients:
    """Holds one connection per service. `addresses` maps contract services to gRPC targets.

    `allowed` names the contract services that this process may call (mesh.toml, [flows]); None is all. With
    `tls` every connection is mutual TLS. Connections of other clients in this process are shared unless these
    are `apart`: whoever asks while a service starts makes all who share wait for the next attempt.
    """

    def __init__(
        self,
        contract: Contract,
        addresses: Mapping[str, str],
        service_token: Callable[[], str],
        *,
        allowed: frozenset[str] | None = None,
        default_timeout: float = 10.0,
        tls: ClientTls | None = None,
        apart: bool = False,
    ) -> None:
        self._apart = apart
        self._contract = contract
        self._addresses = addresses
        self._allowed = allowed
        self._tls = tls
        self._open: dict[tuple[str, str], grpc.Channel] = {}
        self._lock = threading.Lock()
        self._channel = MeshChannel(self.channel, service_token, default_timeout)

    def stub(self, stub: type[S]) -> S:
        """An object of a generated stub class. Costs next to nothing; connects at the first call."""
        return stub(self._channel)  # type: ignore[call-arg] # generated stubs all take a channel

    def channel(self, service: str) -> grpc.Channel:
        """The connection to whoever serves a contract service. Raises ConfigError."""
        if self._allowed is not None and service not in self._allowed:
            raise ConfigError(f"may not call {service}", where="mesh.toml [flows]", fix="add the flow there")
        target = self._addresses.get(service)
        if target is None:
            raise ConfigError(f"no service of this mesh serves {service}", where="mesh.toml [services]")
        server = self._tls.servers[service] if self._tls else ""
        with self._lock:
            if (target, server) not in self._open:
                self._open[target, server] = self._connect(target, server)
            return self._open[target, server]

    def _connect(self, target: str, server: str) -> grpc.Channel:
        options = self._options(target)
        if self._tls is None:
            return grpc.insecure_channel(target, options)
        return secure_channel(target, server, self._tls.current, options)

    def _options(self, target: str) -> Options:
        """A list of addresses makes no :authority that a strict server accepts (RFC 9113, 8.3.1)."""
        config = ("grpc.service_config", service_config(self._contract))
        authority = (("grpc.default_authority", "localhost"),) if "," in target else ()
        pool = (("grpc.use_local_subchannel_pool", 1),) if self._apart else ()
        return (*OPTIONS, config, *authority, *pool)

    def close(self) -> None:
        """End all connections; calls in flight fail."""
        with self._lock:
            for channel in self._open.values():
                channel.close()
            self._open.clear()


def secure_channel(target: str, server: str, current: Current, options: Options = ()) -> grpc.Channel:
    """Mutual TLS with the component `server`, whatever the addresses in `target` are called."""
    named = (*options, ("grpc.ssl_target_name_override", server))

    def connect(material: Material) -> grpc.Channel:
        return grpc.secure_channel(target, channel_credentials(material), named)

    return RenewedChannel(current, connect)


def service_config(contract: Contract) -> str:
    """Round robin over all replicas, and retries of the methods that have no side effects.

    https://github.com/grpc/grpc/blob/master/doc/service_config.md
    """
    reads = [
        {"service": method.service, "method": method.name}
        for method in contract.methods.values()
        if method.read_only
    ]
    policy = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            "methodConfig": [{"name": reads, "retryPolicy": policy}] if reads else [],
        }
    )
