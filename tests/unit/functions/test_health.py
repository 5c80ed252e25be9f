"""What is told of how functions are, and when the whole process may say that it works."""

import logging
from pathlib import Path

import pytest

from protomesh.broker import TopicSpec
from protomesh.contract import Contract
from protomesh.functions import Event, FunctionContext, HealthLog, Runtime, function, spec_of
from protomesh.functions.counts import Tally
from protomesh.functions.health import FunctionHealth
from protomesh.lanes import LanesHealth, LanesState
from protomesh.testing import LoopbackClients, MemoryBroker, eventually
from shop_pb.shop.users.v1.users_pb2 import User

LOG = logging.getLogger("test.health")


def health(state: LanesState, note: str = "", lanes: LanesState | None = None) -> FunctionHealth:
    of_lanes = LanesHealth(lanes or state, "", waiting=0, running=0, retrying=0, longest=0.0, partitions=0)
    return FunctionHealth(state, note, of_lanes, Tally(0, 0, 0, 0.0), 0, 0, overdue=False)


def test_each_change_is_told_once_and_a_bad_one_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    starting, ready = health(LanesState.STARTING), health(LanesState.READY)
    away = health(LanesState.DEGRADED, "the broker is away")
    away_still = health(LanesState.DEGRADED, "the broker is still away")
    story = [starting, starting, ready, ready, away, away_still, away, ready, ready]
    now = {"f": starting, "g": starting}
    log = HealthLog(lambda: now, LOG)
    with caplog.at_level(logging.INFO, LOG.name):
        for each in story:
            now = {"f": each, "g": starting}
            log.look()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "f: ready"),
        ("WARNING", "f: degraded: the broker is away"),
        ("INFO", "f: ready"),
    ]


def test_what_is_wrong_is_noted_as_long_as_it_is() -> None:
    now: dict[str, FunctionHealth] = {}
    notes: dict[str, str] = {}
    log = HealthLog(lambda: now, LOG, notes.__setitem__)
    for state, note, expected in (
        (LanesState.STARTING, "", ""),
        (LanesState.DEGRADED, "the broker is away", "f: the broker is away"),
        (LanesState.DEGRADED, "dead letters wait", "f: dead letters wait"),
        (LanesState.READY, "", ""),
    ):
        now = {"f": health(state, note)}
        log.look()
        assert notes["f"] == expected


def test_all_consume_only_when_the_last_has_joined() -> None:
    now: dict[str, FunctionHealth] = {}
    log = HealthLog(lambda: now, LOG)
    for states, expected in (
        ([LanesState.STARTING, LanesState.STARTING], False),
        ([LanesState.READY, LanesState.STARTING], False),
        ([LanesState.READY, LanesState.DEGRADED], False),
        ([LanesState.READY, LanesState.READY], True),
    ):
        now = {str(number): health(state) for number, state in enumerate(states)}
        assert log.look() is expected, states


def test_a_stuck_dead_letter_does_not_hide_that_a_function_consumes() -> None:
    stuck = health(LanesState.DEGRADED, "dead letters that cannot be written: 1", lanes=LanesState.READY)
    assert HealthLog(lambda: {"f": stuck}, LOG).look()


@function(topic="users", type="*")
def idle(event: Event[User], ctx: FunctionContext) -> None:
    """Never gets anything."""


def test_a_function_without_work_notices_that_the_broker_is_away(tmp_path: Path) -> None:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    broker = MemoryBroker()
    broker.admin().create([TopicSpec("users", 2)])
    clients = LoopbackClients(contract, {})
    runtime = Runtime(
        [spec_of(idle)], broker, contract, lambda _: clients, topics={"users"}, state_dir=tmp_path
    )
    runtime.start()
    try:
        for _ in range(2):
            eventually(lambda: runtime.health()["idle"].state is LanesState.READY)
            broker.go_away()
            eventually(lambda: runtime.health()["idle"].state is LanesState.DEGRADED)
            assert runtime.health()["idle"].note == "the broker does not answer: the broker is away"
            broker.come_back()
    finally:
        runtime.stop(10)
    assert runtime.health()["idle"].state is LanesState.STOPPED
