"""What an earlier mesh left running."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from protomesh.app.supervisor import Record, Row
from protomesh.app.supervisor.leftovers import MARK, end, find
from protomesh.app.supervisor.process import born
from protomesh.clock import SystemClock

FORKS = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
)


def begin(state: Path, script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, MARK: str(state)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def recorded(*rows: Row) -> Record:
    return Record(1, "nobody", 8080, "running", rows)


def test_a_process_of_ours_is_ended(tmp_path: Path) -> None:
    with begin(tmp_path, "import time; time.sleep(600)") as child:
        row = Row("users", "ready", "", child.pid, 0, "", born(child.pid))
        assert end(recorded(row), tmp_path, SystemClock()) == ("users",)
        assert child.wait() == -15
    assert find(recorded(row), tmp_path) == ()


def test_its_children_are_ended_though_it_is_gone_itself(tmp_path: Path) -> None:
    with begin(tmp_path, FORKS) as child:
        mark = born(child.pid)
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        child.wait()
    assert born(grandchild)
    row = Row("users", "ready", "", child.pid, 0, "", mark)
    assert end(recorded(row), tmp_path, SystemClock(), grace=0.1) == ("users",)
    assert not born(grandchild)


def test_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    with begin(tmp_path / "another", "import time; time.sleep(600)") as stranger:
        row = Row("users", "ready", "", stranger.pid, 0, "", "another birth")
        assert end(recorded(row), tmp_path, SystemClock()) == ()
        assert end(recorded(replace(row, pid=0)), tmp_path, SystemClock()) == ()
        assert stranger.poll() is None
        stranger.kill()
