"""Events of refusals: bounded, counted, and never in the way of the answer."""

import threading
from typing import Any

import pytest
from sqlalchemy import event

from protomesh.testing import FakeClock, eventually
from tests.support.house import House
from tests.support.ring import Rings

SAY, CHAT = "ring.v1.Ring/Say", "ring.v1.Ring/Chat"
CLOSED = [{"on": [SAY, CHAT], "allow": ["role:admin"]}]
TOLD: dict[str, Any] = {
    "topics": {"audit": {}},
    "rules": [{"on": ["**"], "emit": "denied", "topic": "audit", "type": "ring.denied.v1", "key": "'k'"}],
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(rings: Rings, clock: FakeClock) -> House:
    return rings(rules=CLOSED, events=TOLD, clock=clock)


def refuse(house: House, method: str = "Say", count: int = 1) -> None:
    """Calls of a stranger."""
    note = house.contract.message("ring.v1.Note")()
    for _ in range(count):
        assert house.ask(method, [note] if method == "Chat" else note).code == "UNAUTHENTICATED"


def told(house: House) -> list[tuple[str, int]]:
    """Method and `suppressed` of every event."""
    info: Any = house.contract.message("mesh.policy.v1.CallInfo")
    found = [info.FromString(row.value) for row in house.outbox()]
    return [(each.method, each.suppressed) for each in found]


def locked(house: House, busy: int) -> Any:
    """The database's write lock, held in the block; whoever wants it gives up after `busy` milliseconds."""
    engine = house.database.engine
    event.listen(engine, "connect", lambda made, _: made.execute(f"PRAGMA busy_timeout={busy}"))
    engine.dispose()
    return engine.begin()


def test_a_flood_leaves_few_events_and_the_next_one_counts_the_rest(house: House, clock: FakeClock) -> None:
    refuse(house, count=50)
    eventually(lambda: len(told(house)) == 20)
    clock.advance(1.0)
    refuse(house, count=2)
    eventually(lambda: len(told(house)) == 22)
    assert told(house)[20:] == [(SAY, 30), (SAY, 0)]


def test_each_method_has_a_bound_of_its_own(house: House) -> None:
    refuse(house, "Say", 25)
    refuse(house, "Chat", 2)
    eventually(lambda: len(told(house)) == 22)
    assert told(house)[20:] == [(CHAT, 0)] * 2


def test_an_answer_waits_for_no_database(house: House) -> None:
    """All are answered while somebody else holds the write lock, and the events follow."""
    with locked(house, 60_000):
        refuse(house, count=5)
        refuse(house, "Chat")
    eventually(lambda: told(house) == [(SAY, 0)] * 5 + [(CHAT, 0)])


def test_what_could_not_be_written_is_counted(house: House) -> None:
    with locked(house, 20):
        refuse(house, count=3)
        eventually(lambda: _lost(house) == 3)
    refuse(house)
    eventually(lambda: told(house) == [(SAY, 3)])


def _lost(house: House) -> int:
    lines = [line["message"] for line in house.lines() if "were not recorded" in line["message"]]
    return sum(int(line.split()[3]) for line in lines)


def test_what_waits_is_written_before_the_end(house: House) -> None:
    with locked(house, 60_000):
        refuse(house, count=3)
        closing = threading.Thread(target=house.denials.close)
        closing.start()
    closing.join(60.0)
    assert told(house) == [(SAY, 0)] * 3


def test_the_end_tells_of_what_no_event_told(house: House) -> None:
    refuse(house, count=23)
    house.denials.close()
    assert len(told(house)) == 20
    assert f"{SAY}: no event tells of 3 refusals" in {line["message"] for line in house.lines()}


def test_an_event_that_cannot_be_made_fails_no_answer(rings: Rings) -> None:
    broken = {
        **TOLD,
        "rules": [{**TOLD["rules"][0], "on": [SAY], "key": "string(1 / (size(call.method) - 16))"}],
    }
    house = rings(rules=CLOSED, events=broken)
    refuse(house, count=2)
    assert "the event of a refusal could not be made" in str(house.lines())
    assert told(house) == []


def test_a_condition_may_leave_refusals_out(rings: Rings) -> None:
    some = {**TOLD, "rules": [{**TOLD["rules"][0], "when": "call.suppressed > 0"}]}
    house = rings(rules=CLOSED, events=some)
    refuse(house, count=2)
    house.denials.close()
    assert told(house) == []
