"""Typed clients of other services: `context.stub(UsersStub)`."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import grpc

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.rpc.client.channel import MeshChannel

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


class MeshClients:
    """Holds one connection per service. `addresses` maps contract services to gRPC targets.

    `allowed` names the contract services that this process may call (mesh.toml, [flows]); None is all.
    """

    def __init__(
        self,
        contract: Contract,
        addresses: Mapping[str, str],
        service_token: Callable[[], str],
        *,
        allowed: frozenset[str] | None = None,
        default_timeout: float = 10.0,
    ) -> None:
        self._contract = contract
        self._addresses = addresses
        self._allowed = allowed
        self._open: dict[str, grpc.Channel] = {}
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
        with self._lock:
            if target not in self._open:
                self._open[target] = grpc.insecure_channel(target, self._options(target))
            return self._open[target]

    def _options(self, target: str) -> Options:
        """A list of addresses makes no :authority that a strict server accepts (RFC 9113, 8.3.1)."""
        config = ("grpc.service_config", service_config(self._contract))
        authority = (("grpc.default_authority", "localhost"),) if "," in target else ()
        return (*OPTIONS, config, *authority)

    def close(self) -> None:
        """End all connections; calls in flight fail."""
        with self._lock:
            for channel in self._open.values():
                channel.close()
            self._open.clear()


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
