"""`ps`, `logs` and `down` over what stands on disk."""

import json
import os
from pathlib import Path

from click.testing import CliRunner, Result

from protomesh.app.supervisor import Record, Row, record
from protomesh.app.supervisor.process import born
from protomesh.cli import main


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [arguments[0], "--manifest", str(project / "mesh.toml"), *arguments[1:]])


def running(project: Path) -> Record:
    """A mesh of which this test's own process plays both the supervisor and a component."""
    mine = os.getpid()
    rows = (
        Row("users", "ready", "127.0.0.1:8090", mine, 0, "", born(mine)),
        Row("users.2", "degraded", "127.0.0.1:8091", 0, 3, "exit 1: no database"),
    )
    made = Record(mine, born(mine), 8080, "running", rows)
    record.write(project / ".mesh", made)
    return made


def test_ps_shows_a_line_per_component(project: Path) -> None:
    running(project)
    said = run(project, "ps")
    assert said.exit_code == 0
    lines = [line.split() for line in said.stdout.splitlines()]
    assert lines[0] == ["NAME", "STATE", "ADDRESS", "PID", "RESTARTS", "NOTE"]
    assert lines[1] == ["users", "ready", "127.0.0.1:8090", str(os.getpid()), "0"]
    assert lines[2] == ["users.2", "degraded", "127.0.0.1:8091", "0", "3", "exit", "1:", "no", "database"]


def test_ps_json_is_what_scripts_expect(project: Path) -> None:
    running(project)
    said = json.loads(run(project, "ps", "--json").stdout)
    assert said[0] == {
        "name": "users",
        "state": "ready",
        "address": "127.0.0.1:8090",
        "pid": os.getpid(),
        "restarts": 0,
        "note": "",
    }
    assert len(said) == 2


def test_nothing_runs(project: Path) -> None:
    assert "nothing runs" in run(project, "ps").stdout
    assert json.loads(run(project, "ps", "--json").stdout) == []
    assert "nothing runs" in run(project, "down").stdout


def test_logs_of_all_with_their_names_or_of_one(project: Path) -> None:
    logs = project / ".mesh" / "logs"
    logs.mkdir(parents=True)
    (logs / "users.log").write_text("one\ntwo\nthree\n")
    (logs / "broker.log").write_text("ready\n")
    assert run(project, "logs").stdout.splitlines() == [
        "broker       | ready",
        "users        | one",
        "users        | two",
        "users        | three",
    ]
    assert run(project, "logs", "users", "-n", "2").stdout == "two\nthree\n"
    refused = run(project, "logs", "user")
    assert refused.exit_code == 2
    assert "no log of 'user' (there are: broker, users)" in refused.stderr
