"""What the interceptors cost: the same call bare and through all five, on both engines.

A server in a process of its own answers 64 calls in flight. What is measured is its processor time: calls per
second of one core kept busy, which a client slower than the server cannot distort. All kinds alternate in one
run, and the ratios of the medians are judged. The bare server has the threads of Python's own pool, as many
as ours may have.
"""

import contextlib
import gc
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import grpc
import pygrpc_native
from prometheus_client import CollectorRegistry

from bench.load import Load, client
from bench.result import Result, at_least, middle, plain
from bench.serving import running
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.observe import CallMetrics, LogSink
from protomesh.policy import load_events, load_security
from protomesh.rpc import (
    Auth,
    Call,
    Conditions,
    Encoder,
    Events,
    Interceptor,
    Limits,
    Links,
    Resources,
    Server,
    Status,
    Telemetry,
    Validation,
)
from protomesh.tokens import Issuer, Signer, Verifier, jwks_of, new_key, read_jwks
from shop_pb.shop.users.v1 import users_pb2 as pb

METHOD = "/shop.users.v1.Users/GetUser"
REQUEST = pb.GetUserRequest(user_id="ann").SerializeToString()
ROUNDS = 5
CALLS = 6000
POLICY = """{{"issuers": [{{"issuer": "mesh", "audiences": ["shop"], "jwks": "keys.json"}}], "rules": [
 {{"on": ["shop.users.v1.Users/GetUser"], "allow": ["authenticated"], "when": "{first}"}},
 {{"on": ["shop.users.v1.Users/GetUser"], "allow": ["authenticated"], "when": "{second}"}}]}}"""
PLAIN = ("request.user_id.startsWith('x-')", "request.user_id == identity.subject")
BY_CEL = ("size(request.user_id) > 40", "size(call.method) > 0 && request.user_id == identity.subject")
PARTS = ("status", "telemetry", "auth", "validation", "events")
"""The chain that is judged: the same whatever comes to stand in it."""
WITH_REST = ("status", "links", "telemetry", "auth", "conditions", "validation", "events")
"""As a service has it: with links in each answer, and conditions, which are for REST alone."""


class Handlers:
    """Answers at once, so that only the way to it is measured."""

    def __init__(self) -> None:
        self._user = pb.User(id="ann", display_name="Ann", etag="v1")

    def GetUser(self, request: pb.GetUserRequest, call: Call) -> pb.User:  # noqa: ARG002
        return self._user

    CreateUser = ListUsers = DeleteUser = GetUser


def chain(contract: Contract, pem: str, parts: Sequence[str]) -> list[Interceptor]:
    """The interceptors named, with a policy of two rules with `when`, JSON lines to a file and metrics on.

    With the part `cel` both conditions are ones that CEL itself evaluates.
    """
    clock = SystemClock()
    first, second = BY_CEL if "cel" in parts else PLAIN
    policy = load_security(POLICY.format(first=first, second=second).encode(), contract, complete=False)
    issuer = Issuer("mesh", frozenset({"shop"}), read_jwks(jwks_of([pem]), "bench"))
    sink = LogSink(os.open(os.devnull, os.O_WRONLY))
    encoder = Encoder("bench", {}, clock)
    every: dict[str, Callable[[], Interceptor]] = {
        "status": lambda: Status(contract, _log()),
        "telemetry": lambda: Telemetry("bench", CallMetrics(CollectorRegistry()), sink),
        "auth": lambda: Auth(contract, policy, Verifier([issuer], clock), clock, lambda _call, _facts: None),
        "validation": lambda: Validation(contract),
        "links": lambda: Links(contract, policy, clock, _log()),
        "conditions": lambda: Conditions(contract),
        "events": lambda: Events(contract, load_events(b"{}", contract), encoder, clock, _log()),
    }
    return [every[name]() for name in parts if name in every]


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
        parts = kind.split(",")
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


def rates(kinds: Sequence[tuple[str, str]], pem: str, token: str) -> dict[tuple[str, str], float]:
    """The median rate of each (kind, engine), all alternating."""
    with contextlib.ExitStack() as servers:
        loads = {
            kind: Load(port, METHOD, REQUEST, token, process.pid)
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
    linked = ",".join(WITH_REST)
    stages = ("bare", whole, f"{whole},cel", linked)
    kinds = [(kind, engine) for engine in ("grpcio", "native") for kind in stages]
    found = rates(kinds, pem, token)
    bare = found["bare", "grpcio"]
    note = f"bare {1e6 / bare:.0f} us a call; both when are plain; client {client()}"
    cel = "both when evaluated by CEL"
    results = [
        at_least("rpc.chain_ratio", found[whole, "grpcio"] / bare, "x", 0.65, note),
        plain("rpc.chain_cel_ratio", found[f"{whole},cel", "grpcio"] / bare, "x", cel),
        at_least("rpc.chain_native_ratio", found[whole, "native"] / bare, "x", 1.8, "against bare grpcio"),
        plain("rpc.chain_native_cel_ratio", found[f"{whole},cel", "native"] / bare, "x", cel),
        plain("rpc.chain_with_links_ratio", found[linked, "grpcio"] / bare, "x", "and conditions, links"),
        plain(
            "rpc.chain_native_with_links_ratio", found[linked, "native"] / bare, "x", "and conditions, links"
        ),
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
