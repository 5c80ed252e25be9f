"""How a server begins and ends, and how long its calls have."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from protomesh.errors import ConfigError, Unavailable
from protomesh.rpc import Server, serving
from protomesh.testing import eventually
from tests.integration.rpc.gates import Gate, beside
from tests.support.answers import ask
from tests.support.contracts import RING
from tests.support.ring import Rings

REFLECTION = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")


def watch(channel: grpc.Channel) -> Iterator[Any]:
    """The statuses of the whole server, as they come."""
    call = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    return iter(call(health_pb2.HealthCheckRequest(), timeout=60.0))


def test_drain_lets_calls_finish_and_takes_no_new_ones(rings: Rings) -> None:
    gate = Gate()
    house = rings(gate.pass_through)
    watcher = grpc.insecure_channel(house.address)
    statuses = watch(watcher)
    assert next(statuses).status == health_pb2.HealthCheckResponse.SERVING
    with beside(gate) as start:
        running = start(house.ask, "Say", rings.Note(text="in flight"))
        gate.wait_for(1)
        draining = threading.Thread(target=house.server.drain, args=(60.0,))
        draining.start()
        assert next(statuses).status == health_pb2.HealthCheckResponse.NOT_SERVING
        eventually(lambda: not serving(house.address, 5.0))
        with grpc.insecure_channel(house.address) as late:
            method = rings.contract.methods[f"{RING}/Say"]

            def refused() -> bool:
                """A call may still come between the word and the deed."""
                return ask(rings.contract, late, method, rings.Note(), timeout=5.0).code == "UNAVAILABLE"

            eventually(refused)
            taken = gate.inside
            assert all(refused() for _ in range(5))
        assert gate.inside == taken, "a call was taken while draining"
        gate.open()
        assert running.result().response.text == "in flight"
        draining.join(60.0)
        assert not draining.is_alive()
        assert list(statuses) == [], "the watch was not ended"
    watcher.close()


def test_drain_ends_although_a_call_does_not(rings: Rings) -> None:
    gate = Gate()
    house = rings(gate.pass_through)
    with beside(gate) as start:
        running = start(house.ask, "Say", rings.Note())
        gate.wait_for(1)
        house.server.drain(0.1)
        assert running.result().code in {"UNAVAILABLE", "CANCELLED"}


def test_a_port_that_is_taken(rings: Rings) -> None:
    first = rings()
    second = Server(rings.contract, {}, (), lambda *_: None, engine=rings.engine)  # type: ignore[arg-type] # never called
    with pytest.raises(Unavailable, match=f"cannot listen on {first.address}: the port is taken"):
        second.start(first.address)
    assert first.ask("Say", rings.Note()).code == "OK"


def test_a_service_that_lacks_a_method(rings: Rings) -> None:
    class Half:
        def Say(self, request: Any, _call: Any) -> Any:
            return request

    with pytest.raises(ConfigError, match=r"ring.v1.Ring: Half has no method Look \(write def Look"):
        Server(rings.contract, {RING: Half()}, (), lambda *_: None, engine=rings.engine)  # type: ignore[arg-type] # never called


def test_the_deadline_is_the_caller_s_or_the_default(rings: Rings) -> None:
    left: list[float] = []

    def note(request: Any, call: Any) -> Any:
        left.append(call.deadline - time.monotonic())
        return request

    house = rings(note, default_timeout=500.0)
    house.ask("Say", rings.Note(), timeout=None)
    house.ask("Say", rings.Note(), timeout=2000.0)
    assert 400 < left[0] <= 500
    assert 1900 < left[1] < 2100, "an engine may round up, but not by much"


def test_a_default_deadline_counts_from_the_beginning_of_the_call(rings: Rings) -> None:
    """However late the handler asks for it."""
    late: list[float] = []

    def note(request: Any, call: Any) -> Any:
        late.append(call.deadline - call.started)
        return request

    house = rings(note, default_timeout=500.0)
    house.ask("Say", rings.Note(), timeout=None)
    assert late == [pytest.approx(500.0, abs=1e-6)]  # a difference of two clock readings


def test_a_caller_whose_time_is_over_learns_it(rings: Rings) -> None:
    gate = Gate()
    house = rings(gate.pass_through)
    try:
        assert house.ask("Say", rings.Note(), timeout=0.2).code == "DEADLINE_EXCEEDED"
    finally:
        gate.open()


def test_a_stream_sees_that_its_caller_has_gone(rings: Rings) -> None:
    ended = threading.Event()

    def until_left(request: Any, call: Any) -> Iterator[Any]:
        yield request
        eventually(lambda: not call.active)
        ended.set()

    house = rings(until_left)
    assert house.ask("Count", rings.Note(), timeout=0.5).code == "DEADLINE_EXCEEDED"
    assert ended.wait(60.0), "the handler still thinks that somebody listens"


def test_a_caller_who_leaves_is_no_failure_of_ours(rings: Rings) -> None:
    house = rings(lambda requests, _call: requests)
    never = threading.Event()

    def endless() -> Iterator[Any]:
        yield rings.Note(text="first")
        never.wait(60.0)

    assert house.ask("Chat", endless(), timeout=0.5).code == "DEADLINE_EXCEEDED"
    never.set()
    eventually(lambda: [line for line in house.lines() if line["message"] == "call"])
    assert not [line for line in house.lines() if line["level"] == "error"]
    (code,) = [line["code"] for line in house.lines() if line["message"] == "call"]
    assert code in {0, 1}, "the requests ended, or the call was cancelled"


@pytest.mark.parametrize("service", REFLECTION)
@pytest.mark.parametrize("known", [True, False])
def test_reflection_lists_services_to_whom_the_policy_lets(rings: Rings, known: bool, service: str) -> None:
    method = f"{service}/ServerReflectionInfo"
    house = rings(reflect=True, rules=[{"on": [method], "allow": ["authenticated"]}])
    stub = house.channel.stream_stream(
        f"/{method}",
        request_serializer=ServerReflectionRequest.SerializeToString,
        response_deserializer=ServerReflectionResponse.FromString,
    )
    metadata = (house.mint.bearer("u1"),) if known else ()
    call = stub(iter([ServerReflectionRequest(list_services="")]), timeout=60.0, metadata=metadata)
    if not known:
        with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"):
            next(call)
        return
    names = [service.name for service in next(call).list_services_response.service]
    assert set(names) == {RING, "grpc.health.v1.Health", *REFLECTION}
    asked = ServerReflectionRequest(file_containing_symbol=RING)
    files = next(
        stub(iter([asked]), timeout=60.0, metadata=metadata)
    ).file_descriptor_response.file_descriptor_proto
    assert any(b"ring/v1/ring.proto" in file for file in files)
