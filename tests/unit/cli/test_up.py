"""Why a mesh in the background did not come up."""

from protomesh.app.supervisor import Record, Row
from protomesh.cli.up import reason, settled

READY = Row("users", "ready", "127.0.0.1:1", 1, 0, "")
LATE = Row("orders", "starting", "127.0.0.1:2", 2, 0, "")
FAILED = Row("broker", "failed", "127.0.0.1:3", 0, 5, "exit 1: no disk")


def record(*rows: Row) -> Record:
    return Record(1, "x", 8080, "starting", rows)


def test_it_is_settled_when_all_are_ready_or_one_failed() -> None:
    assert settled(record(READY))
    assert settled(record(READY, LATE, FAILED))
    assert not settled(record(READY, LATE))


def test_a_failure_is_the_reason() -> None:
    assert reason(record(READY, LATE, FAILED), 120) == "broker failed: exit 1: no disk"


def test_else_whoever_is_late() -> None:
    assert reason(record(READY, LATE), 120) == "not healthy after 120 s: orders (starting)"


def test_a_supervisor_that_never_spoke_points_to_its_log() -> None:
    assert "supervisor.log" in reason(None, 120)
