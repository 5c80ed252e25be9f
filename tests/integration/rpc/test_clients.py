"""Typed clients: what calls carry, where they go, and what becomes of their errors."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text

from protomesh import errors
from protomesh.errors import MeshError, Violation
from protomesh.rpc import Call, MeshClients
from protomesh.testing import eventually
from tests.integration.rpc.cutter import Cutter
from tests.integration.rpc.gates import Gate
from tests.support.contracts import RING, stub_class
from tests.support.house import House
from tests.support.ring import Do, Rings

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def open_clients(rings: Rings) -> Iterator[Callable[..., Any]]:
    """A stub of the ring at some addresses."""
    opened: list[MeshClients] = []

    def open_(*addresses: str, **options: Any) -> Any:
        target = "ipv4:" + ",".join(addresses)
        clients = MeshClients(rings.contract, {RING: target}, lambda: "", **options)
        opened.append(clients)
        return clients.stub(stub_class(rings.contract, RING))

    yield open_
    for clients in opened:
        clients.close()


class Pair:
    """A front that calls a back; `seen` are the calls as the back saw them."""

    def __init__(self, rings: Rings, front: Callable[[Any, Any, Call], Any]) -> None:
        self.seen: list[Call] = []
        self.left: list[float] = []
        self.back = rings(self._note, name="back")
        stub: list[Any] = []
        self.front: House = rings(
            lambda request, call: front(stub[0], request, call),
            name="front",
            addresses={RING: self.back.address},
            mint=self.back.mint,
        )
        stub.append(self.front.clients.stub(stub_class(rings.contract, RING)))

    def _note(self, request: Any, call: Call) -> Any:
        self.seen.append(call)
        self.left.append(call.deadline - time.monotonic())
        return request


def test_a_call_carries_user_service_and_trace(rings: Rings) -> None:
    pair = Pair(rings, lambda stub, request, _call: stub.Say(request))
    carried = (("traceparent", TRACE), ("x-causation-id", "e1"), ("x-correlation-id", "c1"))
    mint = pair.back.mint
    who = (mint.bearer("u1", "admin"), mint.service("welcome_email"))
    assert pair.front.ask("Say", rings.Note(), *who, *carried).code == "OK"
    (call,) = pair.seen
    assert (call.identity.subject, set(call.identity.roles), call.service) == ("u1", {"admin"}, "front")
    assert (call.metadata["x-causation-id"], call.metadata["x-correlation-id"]) == ("e1", "c1")
    sent = call.metadata["traceparent"]
    assert sent[3:35] == TRACE[3:35]
    assert len({TRACE[36:52], sent[36:52], call.traceparent[36:52]}) == 3, "each call is a span of its own"


def test_a_visitor_s_call_carries_the_service_alone(rings: Rings) -> None:
    pair = Pair(rings, lambda stub, request, _call: stub.Say(request))
    pair.front.ask("Say", rings.Note())
    assert (pair.seen[0].identity.subject, pair.seen[0].service) == ("", "front")


def test_the_deadline_is_handed_on(rings: Rings) -> None:
    pair = Pair(rings, lambda stub, request, _call: stub.Say(request, timeout=5000.0))
    pair.front.ask("Say", rings.Note(), timeout=100.0)
    assert 0 < pair.left[0] < 110


def test_the_shorter_deadline_counts(rings: Rings) -> None:
    pair = Pair(rings, lambda stub, request, _call: stub.Say(request, timeout=50.0))
    pair.front.ask("Say", rings.Note(), timeout=3000.0)
    assert 0 < pair.left[0] < 60


def test_no_call_is_made_when_no_time_is_left(rings: Rings) -> None:
    told: list[MeshError] = []

    def late(stub: Any, request: Any, call: Call) -> Any:
        eventually(lambda: call.deadline <= time.monotonic())
        try:
            return stub.Say(request)
        except errors.DeadlineExceeded as error:
            told.append(error)
            raise

    pair = Pair(rings, late)
    assert pair.front.ask("Say", rings.Note(), timeout=0.3).code == "DEADLINE_EXCEEDED"
    eventually(lambda: told)
    assert "no time is left" in told[0].message
    assert pair.seen == []


@pytest.mark.parametrize(("method", "expected"), [("Say", "INTERNAL"), ("Look", "OK"), ("Count", "OK")])
def test_no_call_while_the_transaction_holds_writes(rings: Rings, method: str, expected: str) -> None:
    def front(stub: Any, request: Any, call: Call) -> Any:
        if call.method.name == "Count":  # no ambient transaction, so none is held
            return iter([stub.Say(request)])
        call.tx.execute(text("SELECT 1"))
        return stub.Say(request)

    pair = Pair(rings, front)
    answer = pair.front.ask(method, rings.Note())
    assert answer.code == expected
    if expected != "OK":
        assert answer.message == "internal error"
        assert "call first, then write" in str(pair.front.lines())
        assert pair.seen == []


def test_flows_are_enforced(rings: Rings, open_clients: Callable[..., Any]) -> None:
    stub = open_clients(rings().address, allowed=frozenset({"shop.users.v1.Users"}))
    with pytest.raises(errors.ConfigError, match=r"\[flows\]: may not call ring.v1.Ring"):
        stub.Say(rings.Note())


def test_a_service_that_nobody_serves(rings: Rings) -> None:
    with closing(MeshClients(rings.contract, {}, lambda: "")) as clients:
        stub = clients.stub(stub_class(rings.contract, RING))
        with pytest.raises(errors.ConfigError, match="no service of this mesh serves ring"):
            stub.Say(rings.Note())


def raising(error: Exception) -> Do:
    def do(_request: Any, call: Call) -> Any:
        if call.method.streams_response:
            return broken()
        raise error

    def broken() -> Iterator[Any]:
        yield from ()
        raise error

    return do


FAILURES = [
    errors.InvalidArgument("bad", violations=(Violation("lines[0].quantity", "int32.gt", "must be more"),)),
    errors.NotFound("no größe"),
    errors.AlreadyExists("there"),
    errors.PermissionDenied("no"),
    errors.ResourceExhausted("full"),
    errors.FailedPrecondition("not now"),
    errors.Aborted("lost"),
    errors.Unimplemented("not here"),
    errors.DeadlineExceeded("late"),
    errors.Unauthenticated("who"),
]


@pytest.mark.parametrize("kind", ["Say", "Count", "Gather", "Chat"])
def test_errors_come_back_as_they_were_raised(
    rings: Rings, open_clients: Callable[..., Any], kind: str
) -> None:
    house = rings()
    stub = open_clients(house.address)
    for error in FAILURES:
        house.services[RING].do = raising(error)  # type: ignore[attr-defined] # the ring of this test
        with pytest.raises(type(error)) as caught:
            call(stub, kind, rings.Note())
        assert type(caught.value) is type(error)
        assert (caught.value.message, caught.value.violations) == (error.message, error.violations)


def call(stub: Any, kind: str, note: Any) -> Any:
    request = iter([note]) if kind in {"Gather", "Chat"} else note
    answer = getattr(stub, kind)(request)
    return list(answer) if kind in {"Count", "Chat"} else answer


def test_an_unknown_error_comes_back_as_internal(rings: Rings, open_clients: Callable[..., Any]) -> None:
    stub = open_clients(rings(raising(ValueError("tulip"))).address)
    with pytest.raises(errors.Internal) as caught:
        stub.Say(rings.Note())
    assert str(caught.value) == "ring.v1.Ring failed"


def test_all_kinds_answer(rings: Rings, open_clients: Callable[..., Any]) -> None:
    def do(request: Any, called: Call) -> Any:
        if called.method.name == "Gather":
            return rings.Note(text=",".join(each.text for each in request))
        return iter([request, request]) if called.method.name == "Count" else request

    stub, note = open_clients(rings(do).address), rings.Note
    assert stub.Say(note(text="a")).text == "a"
    assert [each.text for each in stub.Count(note(text="a"))] == ["a", "a"]
    assert stub.Gather(iter([note(text="a"), note(text="b")])).text == "a,b"
    assert [each.text for each in stub.Chat(iter([note(text="a"), note(text="b")]))] == ["a", "b"]


def test_leaving_a_stream_ends_it(rings: Rings, open_clients: Callable[..., Any]) -> None:
    active: list[Call] = []

    def endless(request: Any, called: Call) -> Iterator[Any]:
        active.append(called)
        while called.active:
            yield request

    responses = open_clients(rings(endless).address).Count(rings.Note(), timeout=60.0)
    next(responses)
    responses.close()
    eventually(lambda: not active[0].active)


def test_calls_go_round_over_all_replicas(rings: Rings, open_clients: Callable[..., Any]) -> None:
    houses = [rings(_named(rings, name)) for name in ("a", "b")]
    stub = open_clients(*(house.address for house in houses))
    answered: list[str] = []

    def both() -> bool:
        answered.append(stub.Say(rings.Note()).text)
        return {"a", "b"} <= set(answered)

    eventually(both)
    after = [stub.Say(rings.Note()).text for _ in range(20)]
    assert after.count("a") == after.count("b") == 10, after


def _named(rings: Rings, name: str) -> Do:
    return lambda _request, _call: rings.Note(text=name)


def test_only_reads_are_tried_again(rings: Rings, open_clients: Callable[..., Any]) -> None:
    tried: list[str] = []

    def flaky(request: Any, called: Call) -> Any:
        tried.append(called.method.name)
        if called.method.name == "Look" and len(tried) == 3:
            return request
        raise errors.Unavailable("busy")

    stub = open_clients(rings(flaky).address)
    assert stub.Look(rings.Note(text="a")).text == "a"
    with pytest.raises(errors.Unavailable, match=r"ring\.v1\.Ring is away; try again"):
        stub.Say(rings.Note())
    assert tried == ["Look", "Look", "Look", "Say"]


def test_when_a_replica_dies_reads_go_to_another(rings: Rings, open_clients: Callable[..., Any]) -> None:
    gate = Gate()
    dying, living = rings(gate.pass_through), rings(_named(rings, "living"))
    road = Cutter(dying.address)
    stub = open_clients(road.address, living.address)
    with ThreadPoolExecutor(8) as pool:
        calls = []

        def one_inside() -> bool:
            calls.append(pool.submit(stub.Look, rings.Note(text="dying"), timeout=60.0))
            return gate.inside > 0

        eventually(one_inside, every=0.05)
        road.cut()
        assert {each.result().text for each in calls} == {"living"}
        gate.open()


def test_when_a_replica_dies_writes_are_not_repeated(rings: Rings, open_clients: Callable[..., Any]) -> None:
    gate = Gate()
    road = Cutter(rings(gate.pass_through).address)
    stub = open_clients(road.address)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(stub.Say, rings.Note(), timeout=60.0)
        gate.wait_for(1)
        road.cut()
        with pytest.raises(errors.Unavailable):
            running.result()
        gate.open()
    assert gate.inside == 1


def test_nobody_there(rings: Rings, open_clients: Callable[..., Any]) -> None:
    road = Cutter(rings().address)
    road.cut()
    with pytest.raises(errors.Unavailable):
        open_clients(road.address).Say(rings.Note(), timeout=60.0)


def test_clients_that_are_apart_make_nobody_wait(rings: Rings) -> None:
    """A refused attempt keeps all who share the connection from the next one for a while."""
    gone = rings()
    address = gone.address
    gone.server.drain(0.0)
    early, later = (
        MeshClients(rings.contract, {RING: address}, lambda: "", apart=apart) for apart in (True, False)
    )
    with closing(early), closing(later):
        stub = stub_class(rings.contract, RING)
        for _ in range(5):
            with pytest.raises(errors.Unavailable):
                early.stub(stub).Say(rings.Note())
        rings(at=address)
        later.stub(stub).Say(rings.Note())
