"""A gRPC server of one process: two engines behind one face, health, reflection, and an orderly end."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, cast

import grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH

from protomesh.contract import Contract, Method
from protomesh.errors import ConfigError, Unavailable
from protomesh.rpc import reflection
from protomesh.rpc.admission import AdmissionPool, Limits
from protomesh.rpc.endpoint import MakeCall, endpoint
from protomesh.rpc.health import Health
from protomesh.rpc.interceptor import Handler, Interceptor
from protomesh.rpc.tls import Current, server_credentials

Engine = Literal["grpcio", "native"]

PENDING = 20_000
OPTIONS = (
    ("grpc.so_reuseport", 0),
    # grpcio cancels calls at random once more than a thousand are pending, unless both are raised
    ("grpc.server.max_pending_requests", PENDING),
    ("grpc.server.max_pending_requests_hard_limit", PENDING),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
)


class Server:
    """Serves the methods of `services`, a mapping of contract service names to objects with their methods."""

    def __init__(
        self,
        contract: Contract,
        services: Mapping[str, object],
        chain: Sequence[Interceptor],
        make_call: MakeCall,
        *,
        engine: Engine = "grpcio",
        limits: Limits = Limits(),  # noqa: B008 - frozen
        reflect: bool = False,
        tls: Current | None = None,
    ) -> None:
        if tls and engine == "native":
            raise ConfigError(
                "engine 'native' cannot serve TLS",
                where="mesh.toml",
                fix='set engine = "grpcio", or [tls] enabled = false',
            )
        self._tls = tls
        self._services = services
        self._pool = AdmissionPool(limits)
        self._health = Health()
        self._server = _engine(engine, self._pool, limits.header_bytes)
        self._chain = chain
        self._make_call = make_call
        for name, service in services.items():
            methods = contract.services[name].methods
            self._add(name, {method: bound(service, method.name, name) for method in methods})
        for name in reflection.SERVICES if reflect else ():
            self._add(name, {reflection.method(name): reflection.info((*services, HEALTH))})
        self._server.add_generic_rpc_handlers((self._health.handler(),))

    def _add(self, name: str, methods: Mapping[Method, Handler]) -> None:
        handlers = {
            method.name: endpoint(method, handler, self._chain, self._pool, self._make_call)
            for method, handler in methods.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        self._server.add_registered_method_handlers(name, handlers)

    def start(self, address: str) -> int:
        """Bind and serve. Returns the port. Raises Unavailable when the address is taken."""
        try:
            port = self._bind(address)
        except RuntimeError:
            port = 0
        if port == 0:
            raise Unavailable(f"cannot listen on {address}: the port is taken or the address is not ours")
        self._server.start()
        self._health.serve(self._services)
        return port

    def _bind(self, address: str) -> int:
        if self._tls is None:
            return int(self._server.add_insecure_port(address))
        return int(self._server.add_secure_port(address, server_credentials(self._tls)))

    def drain(self, grace: float) -> None:
        """Say NOT_SERVING, let calls in flight finish for at most `grace` seconds, then stop."""
        self._health.drain()
        logging.getLogger(__name__).info("draining")
        self._server.stop(grace).wait(grace + 1)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._health.close()


def _engine(engine: Engine, pool: AdmissionPool, header_bytes: int) -> Any:
    options = (
        *OPTIONS,
        # one limit, not two: between them grpcio refuses calls at random
        ("grpc.max_metadata_size", header_bytes),
        ("grpc.absolute_max_metadata_size", header_bytes),
    )
    if engine == "grpcio":
        return grpc.server(cast("ThreadPoolExecutor", pool), options=options)
    try:
        import pygrpc_native  # noqa: PLC0415 - an extra, loaded only where it was chosen
    except ModuleNotFoundError:
        raise ConfigError(
            "engine 'native' is not installed", where="mesh.toml", fix="pip install protomesh[native]"
        ) from None
    return pygrpc_native.server(pool, options=options)


def bound(service: object, method: str, name: str) -> Any:
    """The service's own method. Raises ConfigError when it has none."""
    handler = getattr(service, method, None)
    if handler is None:
        raise ConfigError(
            f"{type(service).__name__} has no method {method}",
            where=name,
            fix=f"write def {method}(self, request, call)",
        )
    return handler
