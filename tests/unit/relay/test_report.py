"""What the log says of an outbox while Kafka refuses, is away, and takes events again."""

import logging

import pytest

from protomesh.errors import Aborted, InvalidArgument, MeshError, Unavailable
from protomesh.relay.publish import Outcome
from protomesh.relay.report import Report
from protomesh.store import OutboxRow

AWAY = Unavailable("no broker")
BEHIND = Aborted("behind a record that failed")
LARGE = InvalidArgument("too large")


def failed(*errors: MeshError, first: int = 1) -> Outcome:
    rows = [OutboxRow(first + at, "t", b"k", b"v", ()) for at in range(len(errors))]
    return Outcome([], list(zip(rows, errors, strict=True)))


def well() -> Outcome:
    return Outcome([1], [])


@pytest.fixture
def report(caplog: pytest.LogCaptureFixture) -> Report:
    caplog.set_level(logging.DEBUG)
    return Report("users", logging.getLogger("relay-test"))


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_only_the_row_that_failed_is_named(report: Report, caplog: pytest.LogCaptureFixture) -> None:
    report.outcome(failed(LARGE, BEHIND, BEHIND))
    assert said(caplog) == [("ERROR", "users: event 1 for topic t was refused and is kept: too large")]


def test_what_lasts_is_said_once_and_so_is_its_end(report: Report, caplog: pytest.LogCaptureFixture) -> None:
    for outcome in (well(), *[failed(LARGE, BEHIND)] * 3, failed(LARGE, first=7), *[well()] * 3):
        report.outcome(outcome)
    assert said(caplog) == [
        ("ERROR", "users: event 1 for topic t was refused and is kept: too large"),
        ("ERROR", "users: event 7 for topic t was refused and is kept: too large"),
        ("INFO", "users: events are published again"),
    ]


def test_a_broker_that_is_away_is_a_warning(report: Report, caplog: pytest.LogCaptureFixture) -> None:
    report.away(AWAY)
    for outcome in (failed(AWAY), failed(AWAY, BEHIND), well(), failed(AWAY)):
        report.outcome(outcome)
    away = ("WARNING", "users: Kafka is away, events wait: no broker")
    assert said(caplog) == [away, ("INFO", "users: events are published again"), away]


def test_waiting_behind_another_database_s_event_is_no_fault(
    report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    for outcome in (failed(BEHIND, BEHIND), failed(BEHIND)):
        report.outcome(outcome)
    assert said(caplog) == [
        ("INFO", "users: events wait behind one that failed: behind a record that failed")
    ]
