"""The call's transaction and its events, through the whole chain."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from protomesh import errors
from protomesh.envelope import from_kafka
from protomesh.rpc import Call
from tests.support.answers import Answer
from tests.support.house import House
from tests.support.ring import Do, Rings

SAY = "ring.v1.Ring/Say"


def emit(stage: str, *methods: str, **more: str) -> dict[str, Any]:
    """A rule of events.json; the type names the stage."""
    on = [f"ring.v1.Ring/{name}" for name in methods or ("Say",)]
    return {"on": on, "emit": stage, "topic": "notes", "type": f"ring.{stage}.v1", **more}


def policy(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"topics": {"notes": {}, "plain": {"format": "json"}}, "rules": list(rules)}


def types(house: House) -> list[str]:
    return [from_kafka(row.key, row.value, row.headers).type for row in house.outbox()]


def writes(do: Do | None = None) -> Do:
    """Writes a row, then does what the test says."""

    def write(request: Any, call: Call) -> Any:
        call.tx.execute(text("CREATE TABLE IF NOT EXISTS said (text TEXT)"))
        call.tx.execute(text("INSERT INTO said VALUES (:text)"), {"text": request.text})
        return do(request, call) if do else request

    return write


def rows(house: House) -> list[str]:
    with house.database.unit_of_work(read_only=True) as work:
        names = work.tx.execute(text("SELECT name FROM sqlite_master WHERE name = 'said'")).all()
        return [row.text for row in work.tx.execute(text("SELECT text FROM said"))] if names else []


def raising(error: BaseException) -> Do:
    def do(_request: Any, _call: Call) -> Any:
        raise error

    return do


def test_rows_and_events_are_committed_together(rings: Rings) -> None:
    house = rings(writes(), events=policy(emit("after")))
    assert house.ask("Say", rings.Note(text="a")).code == "OK"
    assert (rows(house), types(house)) == (["a"], ["ring.after.v1"])


@pytest.mark.parametrize(
    "error", [errors.NotFound("no"), ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=repr
)
def test_a_failure_leaves_neither_rows_nor_after_events(rings: Rings, error: BaseException) -> None:
    house = rings(writes(raising(error)), events=policy(emit("before"), emit("after"), emit("failed")))
    assert house.ask("Say", rings.Note(text="a")).code != "OK"
    assert (rows(house), types(house)) == ([], ["ring.before.v1", "ring.failed.v1"])


def test_a_wrong_response_rolls_back(rings: Rings) -> None:
    house = rings(writes(lambda _request, _call: None), events=policy(emit("after")))
    assert house.ask("Say", rings.Note(text="a")).code == "INTERNAL"
    assert (rows(house), types(house)) == ([], [])


def test_an_event_that_cannot_be_told_fails_the_call(rings: Rings) -> None:
    house = rings(writes(), events=policy(emit("after", key="request.tags['none']")))
    assert house.ask("Say", rings.Note(text="a")).code == "INTERNAL"
    assert (rows(house), types(house)) == ([], [])


def test_a_repeat_that_changes_nothing_announces_nothing(rings: Rings) -> None:
    def unchanged(request: Any, call: Call) -> Any:
        call.changed = False
        return request

    house = rings(writes(unchanged), events=policy(emit("after")))
    assert house.ask("Say", rings.Note(text="a")).code == "OK"
    assert (rows(house), types(house)) == (["a"], [])


def test_events_stand_behind_the_rows_and_before_the_commit(rings: Rings) -> None:
    """The last statements of the transaction: for rows that are locked, outbox order is commit order."""
    house = rings(writes(), events=policy(emit("after")))
    seen: list[str] = []
    engine = house.database.engine
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _c, _k, statement, *_: seen.append(" ".join(statement.split()[2:3])),
    )
    event.listen(engine, "commit", lambda _c: seen.append("COMMIT"))
    house.ask("Say", rings.Note(text="a"))
    assert seen[-3:] == ["said", "mesh_outbox", "COMMIT"], seen


def test_an_emitted_event_goes_with_the_transaction(rings: Rings) -> None:
    def say(request: Any, call: Call) -> Any:
        call.emit("plain", request, type="ring.said.v1", key="k1", subject="notes/1")
        if request.text == "fail":
            raise errors.Aborted("no")
        return request

    house = rings(writes(say), events=policy())
    house.ask("Say", rings.Note(text="fail"))
    house.ask("Say", rings.Note(text="a", secret="s"))
    (row,) = house.outbox()
    found = from_kafka(row.key, row.value, row.headers)
    assert (found.source, found.type, found.key, found.subject) == ("//ring", "ring.said.v1", "k1", "notes/1")
    assert found.content_type == "application/json"
    assert b'"text": "a"' in row.value or b'"text":"a"' in row.value


def test_a_topic_that_is_not_declared(rings: Rings) -> None:
    def say(request: Any, call: Call) -> Any:
        call.emit("nowhere", request, type="ring.said.v1")
        return request

    house = rings(writes(say), events=policy())
    assert house.ask("Say", rings.Note(text="a")).code == "INTERNAL"
    assert (rows(house), house.outbox()) == ([], [])


def test_what_must_not_leave_does_not(rings: Rings) -> None:
    house = rings(writes(), events=policy(emit("before"), emit("after")))
    house.ask("Say", rings.Note(text="a", secret="tulip"))
    assert len(house.outbox()) == 2
    assert not [row for row in house.outbox() if b"tulip" in row.value]


def test_trace_and_cause_travel_in_the_event(rings: Rings) -> None:
    house = rings(writes(), events=policy(emit("after", key="request.text")))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    carried = (("traceparent", parent), ("x-causation-id", "e1"), ("x-correlation-id", "c1"))
    house.ask("Say", rings.Note(text="k"), house.mint.service("welcome_email"), *carried)
    (row,) = house.outbox()
    found = from_kafka(row.key, row.value, row.headers)
    assert found.traceparent[3:35] == parent[3:35]
    assert found.traceparent[36:52] != parent[36:52], "the event hangs below this call, not below its caller"
    assert (found.causation_id, found.correlation_id, found.key) == ("e1", "c1", "k")


@pytest.mark.parametrize("user", ["", "u1"])
def test_what_caused_a_call_is_believed_of_services_only(rings: Rings, user: str) -> None:
    """Anybody else could put an event into another's story."""
    house = rings(events=policy(emit("before"), emit("after")))
    me = (house.mint.bearer(user),) if user else ()
    house.ask("Say", rings.Note(), *me, ("x-causation-id", "e1"), ("x-correlation-id", "c1"))
    found = [from_kafka(row.key, row.value, row.headers) for row in house.outbox()]
    assert len(found) == 2
    assert "e1" not in {event.causation_id for event in found}
    assert "c1" not in {event.correlation_id for event in found}


def test_a_read_writes_nothing(rings: Rings) -> None:
    house = rings(writes())
    answer = house.ask("Look", rings.Note(text="a"))
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")
    assert rows(house) == []
    assert "readonly" in str(house.lines()), "the log does not say why"


def test_a_read_emits_nothing(rings: Rings) -> None:
    def look(request: Any, call: Call) -> Any:
        call.emit("notes", request, type="ring.said.v1")
        return request

    house = rings(look, events=policy())
    assert_ours(house, house.ask("Look", rings.Note()), "emits no events")
    assert house.outbox() == []


def test_the_policy_may_tell_of_a_read(rings: Rings) -> None:
    """In a transaction of its own: the read's own may not write."""
    house = rings(events=policy(emit("after", "Look")))
    assert house.ask("Look", rings.Note()).code == "OK"
    assert types(house) == ["ring.after.v1"]


def test_a_stream_has_no_transaction_of_its_own(rings: Rings) -> None:
    def ambient(_request: Any, call: Call) -> Iterator[Any]:
        call.tx.execute(text("SELECT 1"))
        yield from ()

    house = rings(ambient)
    assert_ours(house, house.ask("Count", rings.Note()), "use call.unit_of_work()")


@pytest.mark.parametrize("kind", ["Say", "Count"])
def test_a_service_without_a_database(rings: Rings, kind: str) -> None:
    def write(_request: Any, call: Call) -> Any:
        if kind == "Say":
            return call.tx
        return iter([call.unit_of_work()])

    house = rings(write, stores=False)
    assert_ours(house, house.ask(kind, rings.Note()), "this service has no database")


def assert_ours(house: House, answer: Answer, why: str) -> None:
    """A mistake in the program: nothing that its caller could mend, or need to know."""
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")
    assert [line for line in house.lines() if line["message"] == "call failed" and why in line["error"]], why


def test_a_stream_commits_step_by_step(rings: Rings) -> None:
    def steps(requests: Iterator[Any], call: Call) -> Iterator[Any]:
        for request in requests:
            with call.unit_of_work() as work:
                work.tx.execute(text("CREATE TABLE IF NOT EXISTS said (text TEXT)"))
                work.tx.execute(text("INSERT INTO said VALUES (:text)"), {"text": request.text})
                work.emit("notes", request, type="ring.said.v1")
                if request.text == "c":
                    raise errors.Aborted("enough")
            yield request

    house = rings(steps, events=policy(emit("after", "Chat"), emit("failed", "Chat")))
    answer = house.ask("Chat", [rings.Note(text=each) for each in "abc"])
    assert (answer.code, len(answer.responses)) == ("ABORTED", 2)
    assert (rows(house), types(house)) == (["a", "b"], ["ring.said.v1"] * 2 + ["ring.failed.v1"])


@pytest.mark.parametrize("kind", ["Count", "Gather", "Chat"])
def test_the_policy_s_events_of_streams(rings: Rings, kind: str) -> None:
    def do(request: Any, call: Call) -> Any:
        return list(request)[-1] if call.method.name == "Gather" else request_of(request)

    def request_of(request: Any) -> Iterator[Any]:
        yield from ([request] if hasattr(request, "text") else request)

    house = rings(do, events=policy(emit("before", kind, data="call"), emit("after", kind, data="call")))
    one = rings.Note(text="a")
    assert house.ask(kind, one if kind == "Count" else [one, one]).code == "OK"
    assert types(house) == ["ring.before.v1", "ring.after.v1"]


def test_an_attempt_that_cannot_be_recorded_is_not_made(rings: Rings) -> None:
    reached: list[Any] = []
    house = rings(lambda request, _call: reached.append(request), events=policy(emit("before")))
    with house.database.engine.begin() as connection:
        connection.execute(text("DROP TABLE mesh_outbox"))
    answer = house.ask("Say", rings.Note())
    assert (answer.code, reached) == ("UNAVAILABLE", [])
    assert answer.message == "the attempt could not be recorded; nothing was done"


@pytest.mark.parametrize("kind", ["Say", "Count"])
def test_a_database_that_is_locked_is_unavailable(rings: Rings, kind: str) -> None:
    def write(request: Any, call: Call) -> Any:
        if kind == "Say":
            call.tx.execute(text("SELECT 1"))
            return request
        return stream(request, call)

    def stream(request: Any, call: Call) -> Iterator[Any]:
        with call.unit_of_work() as work:
            work.tx.execute(text("SELECT 1"))
        yield request

    house = rings(write)
    engine = house.database.engine
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=20"))
    engine.dispose()
    with engine.begin():
        answer = house.ask(kind, rings.Note())
    assert (answer.code, answer.message) == ("UNAVAILABLE", "the database is busy; try again")
    assert [line["code"] for line in house.lines() if line["message"] == "call"] == [14]
    assert "database is locked" in str(house.lines())
    assert house.ask(kind, rings.Note()).code == "OK"


def test_a_mistake_in_a_statement_is_our_own_fault(rings: Rings) -> None:
    """A client that tries again would only make it worse."""

    def wrong(_request: Any, call: Call) -> Any:
        call.tx.execute(text("SELECT * FROM nowhere"))

    answer = rings(wrong).ask("Say", rings.Note())
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")
