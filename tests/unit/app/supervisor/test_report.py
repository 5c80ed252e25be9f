"""What a person sees."""

import io
from dataclasses import replace

from protomesh.app.supervisor import Record, Row
from protomesh.app.supervisor.report import Report

STARTING = Row("users", "starting", "127.0.0.1:1", 7, 0, "")
READY = replace(STARTING, state="ready")
DEAD = replace(STARTING, state="degraded", pid=0, note="exit 1: no database; starting again in 0.2 s")


def record(row: Row, phase: str = "running") -> Record:
    return Record(1, "x", 8080, phase, (row,))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(out: io.StringIO, *records: Record) -> str:
    report = Report(out, "curl it", lambda: 1.23)
    for each in records:
        report(each)
    return out.getvalue()


def test_one_line_when_ready_then_a_first_command() -> None:
    said = told(io.StringIO(), record(STARTING, "starting"), record(READY), record(READY))
    assert said == "  users          ready    127.0.0.1:1\nready in 1.2 s\n\n  curl it\n\n"


def test_a_death_and_the_return() -> None:
    said = told(
        io.StringIO(), record(READY), record(DEAD), record(STARTING), record(replace(READY, restarts=1))
    )
    assert said.count("curl it") == 1
    assert "  users          degraded exit 1: no database; starting again in 0.2 s\n" in said
    assert said.endswith("  users          ready    127.0.0.1:1   (restart 1)\n")


def test_a_terminal_sees_who_is_waited_for() -> None:
    said = told(Terminal(), record(STARTING, "starting"), record(READY))
    assert said.startswith("  … users\r")
    assert "users" not in told(io.StringIO(), record(STARTING, "starting"))


def test_the_end() -> None:
    said = told(
        io.StringIO(),
        record(READY),
        record(READY, "stopping"),
        record(replace(READY, state="stopped"), "stopped"),
    )
    assert said.endswith("stopping\n  users          stopped\nstopped\n")


def test_a_closed_terminal_stops_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    Report(closed, "", lambda: 0.0)(record(READY))
