"""The command as a whole: its help, its speed, its errors."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from protomesh.cli import main
from protomesh.cli.group import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.short_help == COMMANDS[name]
    said = CliRunner().invoke(main, [name, "--help"])
    assert said.exit_code == 0, said.output
    assert "Example: " in said.output


def test_help_imports_nothing_that_is_slow() -> None:
    code = (
        "import json, sys\n"
        "from protomesh.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    heavy = {"grpc", "kafka", "sqlalchemy", "pydantic", "google.protobuf", "psutil", "protomesh.settings"}
    assert heavy & set(json.loads(done.stderr)) == set()
    assert all(f"  {name} " in done.stdout.decode() for name in COMMANDS)


def test_an_unknown_command_is_refused_with_the_nearest() -> None:
    said = CliRunner().invoke(main, ["upp"])
    assert said.exit_code == 2
    assert "no command 'upp', did you mean 'up'?" in said.output


def test_what_is_wrong_is_one_line_on_stderr_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "mesh.toml").write_text("[gateway]\nprt = 1\n")
    said = CliRunner().invoke(main, ["up", "--manifest", str(tmp_path / "mesh.toml")])
    assert said.exit_code == 2
    assert said.stdout == ""
    assert said.stderr == f"protomesh: {tmp_path}/mesh.toml: gateway.prt: unknown key, did you mean 'port'?\n"


def test_outside_a_project_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["ps"])
    assert said.exit_code == 2
    assert "no mesh.toml here or above" in said.stderr


def test_another_broker_is_refused_for_now(project: Path) -> None:
    said = CliRunner().invoke(main, ["up", "--broker", "kafka", "--manifest", str(project / "mesh.toml")])
    assert said.exit_code == 2
    assert "cannot start a broker named 'kafka'" in said.stderr
