"""What the interceptors cost: the same call bare and through all five, on both engines.

A server in a process of its own answers 64 calls in flight. What is measured is its processor time: calls per
second of one core kept busy, which a client slower than the server cannot distort. All kinds alternate in one
run, and the ratios of the medians are judged.
"""

import contextlib
import gc
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import grpc
import psutil
import pygrpc_native
from prometheus_client import CollectorRegistry

from bench.result import Result, at_least, middle, plain
from bench.serving import running
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.observe import CallMetrics, LogSink
from protomesh.policy import load_events, load_security
from protomesh.rpc import (
    Auth,
    Call,
    Encoder,
    Events,
    Interceptor,
    Limits,
    Resources,
    Server,
    Status,
    Telemetry,
    Validation,
)
from protomesh.tokens import Issuer, Signer, Verifier, jwks_of, new_key, read_jwks
from shop_pb.shop.users.v1 import users_pb2 as pb

METHOD = "/shop.users.v1.Users/GetUser"
ROUNDS = 5
CALLS = 6000
IN_FLIGHT = 64
POLICY = b"""{"issuers": [{"issuer": "mesh", "audiences": ["shop"], "jwks": "keys.json"}], "rules": [
 {"on": ["shop.users.v1.Users/GetUser"], "allow": ["authenticated"],
  "when": "request.user_id.startsWith('x-')"},
 {"on": ["shop.users.v1.Users/GetUser"], "allow": ["authenticated"],
  "when": "request.user_id == identity.subject"}]}"""
PARTS = ("status", "telemetry", "auth", "validation", "events")


class Handlers:
    """Answers at once, so that only the way to it is measured."""

    def __init__(self) -> None:
        self._user = pb.User(id="ann", display_name="Ann", etag="v1")

    def GetUser(self, request: pb.GetUserRequest, call: Call) -> pb.User:  # noqa: ARG002
        return self._user

    CreateUser = ListUsers = DeleteUser = GetUser


def chain(contract: Contract, pem: str, parts: Sequence[str]) -> list[Interceptor]:
    """The interceptors named, with a policy of two rules with `when`, JSON lines to a file and metrics on."""
    clock = SystemClock()
    policy = load_security(POLICY, contract, complete=False)
    issuer = Issuer("mesh", frozenset({"shop"}), read_jwks(jwks_of([pem]), "bench"))
    sink = LogSink(os.open(os.devnull, os.O_WRONLY))
    encoder = Encoder("bench", {}, clock)
    every: dict[str, Callable[[], Interceptor]] = {
        "status": lambda: Status(contract, _log()),
        "telemetry": lambda: Telemetry("bench", CallMetrics(CollectorRegistry()), sink),
        "auth": lambda: Auth(contract, policy, Verifier([issuer], clock), clock, lambda _call, _facts: None),
        "validation": lambda: Validation(contract),
        "events": lambda: Events(contract, load_events(b"{}", contract), encoder, clock, _log()),
    }
    return [every[name]() for name in parts]


def _log() -> logging.Logger:
    return logging.getLogger("bench")


class Codec:
    """Decodes where the auth interceptor, and encodes where the status interceptor is left out."""

    def __init__(self, *, encode: bool) -> None:
        self._encode = encode

    def wrap(self, method: Any, handler: Any) -> Any:  # noqa: ARG002
        def coded(request: bytes, call: Call) -> Any:
            response = handler(pb.GetUserRequest.FromString(request), call)
            return response.SerializeToString() if self._encode else response

        return coded


def serve(kind: str, engine: str, pem: str, ready: "Queue[int]", stop: Event) -> None:
    """The server process: `bare`, or a list of parts with commas between."""
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    if kind == "bare":
        user = Handlers()._user  # noqa: SLF001
        handler = grpc.unary_unary_rpc_method_handler(
            lambda _request, _context: user, pb.GetUserRequest.FromString, pb.User.SerializeToString
        )
        make = pygrpc_native.server if engine == "native" else grpc.server
        server = make(ThreadPoolExecutor(32))
        server.add_registered_method_handlers("shop.users.v1.Users", {"GetUser": handler})
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
    else:
        parts = [part for part in kind.split(",") if part in PARTS]
        interceptors = chain(contract, pem, parts)
        if "auth" not in parts:
            interceptors.append(Codec(encode="status" not in parts))
        resources = Resources(None, Encoder("bench", {}, SystemClock()))
        ours = Server(
            contract,
            {"shop.users.v1.Users": Handlers()},
            interceptors,
            lambda method, context: Call(method, context, resources),
            engine=engine,  # type: ignore[arg-type]
            limits=Limits(),
        )
        port = ours.start("127.0.0.1:0")
    gc.collect()
    gc.freeze()  # as a service does when it is ready
    ready.put(port)
    stop.wait()
    os._exit(0)


class Load:
    """A client that keeps 64 calls in flight."""

    def __init__(self, port: int, token: str, server: psutil.Process) -> None:
        self._server = server
        self._call = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(METHOD)
        self._data = pb.GetUserRequest(user_id="ann").SerializeToString()
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._call(self._data, metadata=self._metadata, timeout=10)

    def rate(self, calls: int) -> float:
        """Calls per second of the server's processor time."""
        free, failures = threading.Semaphore(IN_FLIGHT), []

        def finished(future: Any) -> None:
            if future.exception() is not None:
                failures.append(future.exception())
            free.release()

        before = sum(self._server.cpu_times()[:2])
        for _ in range(calls):
            free.acquire()
            self._call.future(self._data, metadata=self._metadata).add_done_callback(finished)
        for _ in range(IN_FLIGHT):
            free.acquire()
        spent = sum(self._server.cpu_times()[:2]) - before
        assert not failures, failures[0]
        return calls / spent


def rates(kinds: Sequence[tuple[str, str]], pem: str, token: str) -> dict[tuple[str, str], float]:
    """The median rate of each (kind, engine), all alternating."""
    with contextlib.ExitStack() as servers:
        loads = {
            kind: Load(port, token, process)
            for kind in kinds
            for port, process in [servers.enter_context(running(serve, *kind, pem))]
        }
        seen: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
        for kind in kinds:
            loads[kind].rate(CALLS // 4)
        for _ in range(ROUNDS):
            for kind in kinds:
                seen[kind].append(loads[kind].rate(CALLS))
    return {kind: middle(values) for kind, values in seen.items()}


def run() -> list[Result]:
    """`rpc.chain_ratio`, `rpc.chain_native_ratio`, and a row for what each part costs on each engine."""
    pem = new_key()
    token = Signer(pem, "", "mesh", SystemClock()).sign("ann", "shop", lifetime_seconds=3600)
    whole = ",".join(PARTS)
    found = rates([("bare", "grpcio"), (whole, "grpcio"), ("bare", "native"), (whole, "native")], pem, token)
    bare = found["bare", "grpcio"]
    results = [
        at_least(
            "rpc.chain_ratio", found[whole, "grpcio"] / bare, "x", 0.65, f"bare {1e6 / bare:.0f} us a call"
        ),
        at_least("rpc.chain_native_ratio", found[whole, "native"] / bare, "x", 1.8, "against bare grpcio"),
        plain("rpc.bare_native_ratio", found["bare", "native"] / bare, "x"),
    ]
    for engine in ("grpcio", "native"):
        results.extend(_costs(engine, pem, token))
    return results


def _costs(engine: str, pem: str, token: str) -> list[Result]:
    """Microseconds that each interceptor adds to those outside it."""
    stages = [",".join(("server", *PARTS)[: count + 1]) for count in range(len(PARTS) + 1)]
    found = rates([("bare", engine), *((stage, engine) for stage in stages)], pem, token)
    before = 1e6 / found["bare", engine]
    results = [plain(f"rpc.{engine}.bare_us", before, "us")]
    for part, stage in zip(("server", *PARTS), stages, strict=True):
        now = 1e6 / found[stage, engine]
        results.append(plain(f"rpc.{engine}.{part}_us", now - before, "us"))
        before = now
    return results
