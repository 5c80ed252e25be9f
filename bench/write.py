"""What an event costs a call that writes: the same CreateUser with and without its event, on SQLite."""

import contextlib
import itertools
import logging
import os
import tempfile
import threading
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2

from bench.result import Result, at_least, middle, plain
from bench.serving import running
from protomesh.clock import SystemClock
from protomesh.context import Context
from protomesh.contract import Contract
from protomesh.policy import load_events, load_security
from protomesh.rpc import Auth, Call, Conditions, Encoder, Events, Resources, Server, Status, Validation
from protomesh.store import SqlDatabase, migrate, migrate_library, open_engine
from protomesh.testing import LoopbackClients
from protomesh.tokens import Verifier
from services.users.handlers import Users
from shop_pb.shop.users.v1 import users_pb2 as pb

ROUNDS = 7
CALLS = 400
IN_FLIGHT = 4
PASSWORD = "correct horse"  # noqa: S105 - nobody's
EVENTS = b"""{"topics": {"users": {}}, "rules": [{"on": ["POST /api/users"], "emit": "after",
 "topic": "users", "type": "shop.users.user.created.v1", "key": "response.id", "data": "response"}]}"""
SECURITY = b'{"rules": [{"on": ["POST /api/users"], "allow": ["anyone"]}]}'


def serve(policy: bytes, folder: str, ready: "Queue[int]", stop: Event) -> None:
    """The users service with the events policy given."""
    contract, clock, log = (
        Contract.load(Path("gen/descriptors.binpb"), "shop_pb"),
        SystemClock(),
        logging.getLogger(),
    )
    engine = open_engine(f"sqlite:///{folder}/users.db")
    migrate_library(engine)
    migrate(engine, Path("services/users/migrations"))
    database = SqlDatabase(engine, clock)
    events = load_events(policy, contract)
    encoder = Encoder("users", {name: topic.format for name, topic in events.topics.items()}, clock)
    security = load_security(SECURITY, contract, complete=False)
    resources = Resources(database, encoder)
    context = Context(
        "users",
        "development",
        clock,
        LoopbackClients(contract, {"mesh.identity.v1.Identity": _Identity()}),
        database,
        Path(folder),
        log,
        threading.Event(),
    )
    server = Server(
        contract,
        {"shop.users.v1.Users": Users(context)},
        [
            Status(contract, log),
            Auth(contract, security, Verifier([], clock), clock, lambda _call, _facts: None),
            Conditions(contract),
            Validation(contract),
            Events(contract, events, encoder, clock, log),
        ],
        lambda method, grpc_context: Call(method, grpc_context, resources),
    )
    ready.put(server.start("127.0.0.1:0"))
    stop.wait()
    os._exit(0)


class _Identity:
    """Takes every password at once: what hashing one costs is not asked here."""

    def PutCredential(self, _request: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class Load:
    """Creates users with fresh ids, four calls in flight."""

    def __init__(self, port: int) -> None:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/shop.users.v1.Users/CreateUser"
        )
        self._ids = itertools.count()

    def rate(self, calls: int) -> float:
        """Calls per second."""
        free, failures = threading.Semaphore(IN_FLIGHT), []

        def finished(future: Any) -> None:
            if future.exception() is not None:
                failures.append(future.exception())
            free.release()

        begin = time.perf_counter()
        for _ in range(calls):
            free.acquire()
            user = pb.User(display_name="Ann", email="ann@mail.example")
            request = pb.CreateUserRequest(user_id=f"u{next(self._ids)}", user=user, password=PASSWORD)
            self._call.future(request.SerializeToString()).add_done_callback(finished)
        for _ in range(IN_FLIGHT):
            free.acquire()
        assert not failures, failures[0]
        return calls / (time.perf_counter() - begin)


def run() -> list[Result]:
    """`write.event_ratio`"""
    with contextlib.ExitStack() as stack:
        loads = []
        for policy in (b"{}", EVENTS):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            port, _ = stack.enter_context(running(serve, policy, folder))
            loads.append(Load(port))
        for each in loads:
            each.rate(CALLS)
        pairs = [(loads[0].rate(CALLS), loads[1].rate(CALLS)) for _ in range(ROUNDS)]
    without, with_event = middle([pair[0] for pair in pairs]), middle([pair[1] for pair in pairs])
    return [
        at_least("write.event_ratio", with_event / without, "x", 0.75, f"{IN_FLIGHT} calls in flight"),
        plain("write.calls_per_s", without, "calls/s"),
        plain("write.calls_with_event_per_s", with_event, "calls/s"),
    ]
