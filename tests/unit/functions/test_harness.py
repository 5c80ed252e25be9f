"""Functions as they run in production, on the harness: order, retries, dead letters, crashes."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protomesh.broker import Message, Partition
from protomesh.context import CURRENT
from protomesh.contract import Contract
from protomesh.envelope import to_kafka
from protomesh.errors import InvalidArgument
from protomesh.functions import DeadLetter, Drop, Event, FunctionContext, Retries, Retry, function
from protomesh.testing import FunctionHarness, LoopbackClients
from shop_pb.shop.users.v1.users_pb2 import GetUserRequest, User
from shop_pb.shop.users.v1.users_pb2_grpc import UsersStub

TYPE = "shop.users.user.created.v1"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(Path("gen/descriptors.binpb"), "shop_pb")


class Recorder:
    """A function whose behaviour each test says; it notes what it saw."""

    def __init__(self, behave: Callable[[Event[User]], object], **options: Any) -> None:
        self.seen: list[tuple[str, int]] = []
        self.events: list[Event[User]] = []

        @function(topic="users", type=TYPE, **options)
        def probe(event: Event[User], ctx: FunctionContext) -> Any:
            self.seen.append((event.data.id, event.attempt))
            self.events.append(event)
            self.context = ctx
            self.origin = CURRENT.get()
            return behave(event)

        self.function = probe


@pytest.fixture
def run(contract: Contract, tmp_path: Path) -> Callable[..., FunctionHarness]:
    def start(recorder: Recorder, *ids: str) -> FunctionHarness:
        harness = FunctionHarness([recorder.function], contract, LoopbackClients(contract, {}), tmp_path)
        for id_ in ids:
            harness.emit("users", User(id=id_), type=TYPE, key=id_[0])
        harness.run_until_idle()
        return harness

    return start


Run = Callable[..., FunctionHarness]


def raising(*errors: BaseException) -> Callable[[Event[User]], None]:
    """Raise these one after the other for the user `bad`, then nothing."""
    left = list(errors)

    def behave(event: Event[User]) -> None:
        if event.data.id.endswith("bad") and left:
            raise left.pop(0)

    return behave


def test_events_of_a_key_come_in_order_around_a_failing_one(run: Run) -> None:
    recorder = Recorder(raising(ValueError("1"), ValueError("2")))
    harness = run(recorder, "a1", "a-bad", "a2", "b1", "b2")
    of_a = [id_ for id_, _ in recorder.seen if id_.startswith("a")]
    assert of_a == ["a1", "a-bad", "a-bad", "a-bad", "a2"]
    assert recorder.seen.index(("b2", 1)) < recorder.seen.index(("a-bad", 2)), "the other key went on"
    assert harness.committed("probe") == 5
    assert not harness.dead_letters


def test_waits_are_those_of_the_retries(run: Run) -> None:
    times: list[float] = []

    def fail(_event: Event[User]) -> float:
        times.append(recorder.context.clock.monotonic())
        return 1 / 0

    recorder = Recorder(fail, retries=Retries(3, first="10s", most="25s", jitter=0))
    harness = run(recorder, "a1")
    assert [round(later - sooner) for sooner, later in itertools.pairwise(times)] == [10, 20, 25]
    (letter,) = harness.dead_letters
    assert letter.why["reason"] == "gave up after 4 attempts: ZeroDivisionError: division by zero"


def test_each_outcome_does_what_it_says(run: Run) -> None:
    for error, letters, runs in (
        (Drop("x"), 0, 1),
        (DeadLetter("hopeless"), 1, 1),
        (Retry(after="1h"), 0, 2),
        (SystemExit("no"), 0, 2),
    ):
        recorder = Recorder(raising(error))
        harness = run(recorder, "bad", "b-after")
        assert len(harness.dead_letters) == letters, error
        assert len([1 for id_, _ in recorder.seen if id_ == "bad"]) == runs, error
        assert harness.committed("probe") == 2, error


def test_a_dead_letter_is_the_record_as_it_was(run: Run) -> None:
    recorder = Recorder(raising(DeadLetter("hopeless")))
    harness = run(recorder, "bad")
    (original,) = harness.broker.records("users")
    (letter,) = harness.dead_letters
    assert (letter.record.key, letter.record.value) == (original.key, original.value)
    assert letter.record.headers[: len(original.headers)] == original.headers
    assert letter.why["topic"] == "users"
    assert letter.why["offset"] == "0"


def test_what_is_no_event_is_put_aside_at_once_and_the_others_run(run: Run) -> None:
    recorder = Recorder(raising())
    harness = run(recorder)
    good = harness.emit("users", User(id="a1"), type=TYPE, key="a")
    key, _, headers = to_kafka(good)
    for bad in (
        Message("users", b"a", b"{bad"),
        Message("users", b"a", None),
        Message("users", b"a", b"\xff\xff", headers),
        Message("users", b"a", b"", tuple(h for h in headers if h[0] != "ce_type")),
        Message("users", key, b"", (*headers, ("ce_dataschema", b"shop.orders.v1.Order"))),
        Message("users", key, b"", (*headers, ("ce_dataschema", b"shop.Nope"))),
    ):
        harness.emit_record(bad)
    harness.emit("users", User(id="a2"), type=TYPE, key="a")
    harness.run_until_idle()
    assert recorder.seen == [("a1", 1), ("a2", 1)]
    assert [letter.why["attempts"] for letter in harness.dead_letters] == ["1"] * 6
    assert harness.committed("probe") == 8


def test_a_damaged_record_is_put_aside(run: Run) -> None:
    recorder = Recorder(raising())
    harness = run(recorder)
    for id_ in ("a1", "a2", "a3"):
        harness.emit("users", User(id=id_), type=TYPE, key="a")
    (partition,) = {record.partition for record in harness.broker.records("users")}
    harness.broker.log.damaged.add((Partition("users", partition), 1))
    harness.run_until_idle()
    assert [id_ for id_, _ in recorder.seen] == ["a1", "a3"]
    (letter,) = harness.dead_letters
    assert "cannot be read" in letter.why["reason"]
    assert (letter.why["offset"], letter.why["null"], letter.record.value) == ("1", "true", b"")


def test_a_dead_letter_that_cannot_be_written_stops_its_key_and_is_not_lost(run: Run) -> None:
    recorder = Recorder(raising(DeadLetter("hopeless")))
    harness = run(recorder)
    harness.broker.refusing["fn.probe.dlq"] = InvalidArgument("no room")
    for id_ in ("a-bad", "a2", "b1"):
        harness.emit("users", User(id=id_), type=TYPE, key=id_[0])
    with pytest.raises(AssertionError, match="still not idle"):
        harness.run_until_idle(longest=600)
    assert recorder.seen == [("a-bad", 1), ("b1", 1)], "the function runs once, its key waits, others go on"
    harness.broker.refusing.clear()
    harness.run_until_idle()
    assert len(harness.dead_letters) == 1
    assert recorder.seen[-1] == ("a2", 1)


def test_after_a_crash_what_was_not_finished_runs_again(run: Run) -> None:
    recorder = Recorder(raising(*[ValueError("x")] * 3))
    harness = run(recorder, "a1")
    harness.emit("users", User(id="a-bad"), type=TYPE, key="a")
    assert harness.run_what_is_due()
    harness.restart("probe")
    harness.run_until_idle()
    assert [id_ for id_, _ in recorder.seen] == ["a1", *["a-bad"] * 4]
    assert harness.committed("probe") == 2


def test_what_is_returned_is_refused_rather_than_dropped(run: Run) -> None:
    recorder = Recorder(lambda _: "an event", retries=Retries(0))
    (letter,) = run(recorder, "a1").dead_letters
    assert "returns None" in letter.why["reason"]


def test_a_function_without_order_does_not_wait_for_its_key(run: Run) -> None:
    recorder = Recorder(raising(ValueError("x")), order="none")
    run(recorder, "a-bad", "a2")
    assert recorder.seen == [("a-bad", 1), ("a2", 1), ("a-bad", 2)]


def test_the_event_and_the_context_say_where_they_come_from(run: Run) -> None:
    recorder = Recorder(raising())
    harness = run(recorder)
    sent = harness.emit("users", User(id="a1"), type=TYPE, key="a", source="//users")
    harness.run_until_idle()
    (event,) = recorder.events
    assert (event.id, event.source, event.key, event.type) == (sent.id, "//users", "a", TYPE)
    assert recorder.context.name == "probe"
    assert recorder.context.folder.is_dir()
    assert recorder.context.folder.name == "probe"
    origin = recorder.origin
    assert origin is not None
    assert (origin.causation_id, origin.correlation_id) == (sent.id, sent.id)
    assert origin.deadline == recorder.context.deadline
    assert CURRENT.get() is None, "it ends with the call"


def test_calls_through_the_stub_cross_as_bytes_on_behalf_of_the_event(
    contract: Contract, tmp_path: Path
) -> None:
    class Users:
        def GetUser(self, request: GetUserRequest) -> User:
            return User(id=request.user_id, display_name="Ada")

    clients = LoopbackClients(contract, {"shop.users.v1.Users": Users()})
    names: list[str] = []

    @function(topic="users", type=TYPE)
    def probe(event: Event[User], ctx: FunctionContext) -> None:
        names.append(ctx.stub(UsersStub).GetUser(GetUserRequest(user_id=event.data.id)).display_name)

    harness = FunctionHarness([probe], contract, lambda _name: clients, tmp_path)
    sent = harness.emit("users", User(id="u1"), type=TYPE, key="u1")
    harness.run_until_idle()
    assert names == ["Ada"]
    (call,) = clients.calls
    assert (call.method, call.request) == ("shop.users.v1.Users/GetUser", GetUserRequest(user_id="u1"))
    assert call.origin is not None
    assert call.origin.causation_id == sent.id


def test_a_rebalance_between_all_tries_makes_one_dead_letter(run: Run) -> None:
    recorder = Recorder(raising(*[ValueError("x")] * 100), retries=Retries(4, first="10s", most="10s"))
    harness = run(recorder)
    harness.emit("users", User(id="a-bad"), type=TYPE, key="a")
    harness.emit("users", User(id="a2"), type=TYPE, key="a")
    for _ in range(60):
        harness.run_what_is_due()
        harness.clock.advance(2)
        with harness.broker.changed:
            harness.broker.rebalance(harness.broker.group("fn.probe"))
    harness.run_until_idle()
    assert recorder.seen == [*[("a-bad", attempt) for attempt in range(1, 6)], ("a2", 1)]
    assert len(harness.dead_letters) == 1
