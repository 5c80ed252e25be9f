"""`make run` in a fresh checkout, as a user does it: set-up, the printed curl, Ctrl-C, and once more."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mesh import PROJECT

PACKAGES = sysconfig.get_path("purelib")
SECONDS = 120


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project's files as a clone would have them.

    Its virtual environment is its own, but finds this one's packages: the set-up runs as it stands in the
    Makefile, has everything there already and downloads nothing.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    folder = tmp_path / "project"
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
    own = next((folder / ".venv" / "lib").glob("python3*")) / "site-packages"
    # A plain path would come behind this environment's own setuptools, which is older than the locked one.
    (own / "shared.pth").write_text(f"import sys; sys.path.insert(0, {PACKAGES!r})\n")
    return folder


@pytest.mark.timeout(3 * SECONDS)
def test_a_user_starts_asks_stops_and_starts_again(checkout: Path) -> None:
    with make_run(checkout) as first:
        said = first.until_ready()
        assert "Setting up (once)" in said, said
        assert asked(said) == "200", f"the printed curl does not work\n{said}"
        # Only the mesh gets the signal: make then ends with the mesh's own status.
        os.kill(json.loads((checkout / ".mesh" / "mesh.json").read_text())["pid"], signal.SIGINT)
        assert first.ending() == 0, first.said
        assert first.said.rstrip().endswith("stopped"), first.said
    with make_run(checkout) as second:
        said = second.until_ready()
        took = f"(ready after {second.seconds:.1f} s)"
        assert "Setting up" not in said, f"set up twice {took}\n{said}"
        assert asked(said) == "200", f"the printed curl does not work the second time {took}\n{said}"
        # Ctrl-C in a terminal reaches make too. It waits for the mesh, then ends as interrupted programs do.
        os.killpg(second.process.pid, signal.SIGINT)
        assert second.ending() == -signal.SIGINT, f"{took}\n{second.said}"
        assert second.said.rstrip().endswith("stopped"), (
            f"make did not wait for the mesh {took}\n{second.said}"
        )
    assert not left_running(checkout)


class Run:
    """`make run` under way; `said` is what it printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self.seconds = 0.0
        self._since = time.monotonic()

    def until_ready(self) -> str:
        """All that it says up to the first command for the user to try."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.strip().startswith("curl "):
                self.seconds = time.monotonic() - self._since
                return self.said
        raise AssertionError(f"make run ended with {self.process.wait()} before it was ready\n{self.said}")

    def ending(self) -> int:
        """Its status."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait(SECONDS)


@contextlib.contextmanager
def make_run(folder: Path) -> Iterator[Run]:
    """On free ports. Whatever happens, nothing of it stays."""
    process = subprocess.Popen(
        ["make", "run", f"PYTHON={sys.executable}", "UP=--port-base 0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**plain_environment(), "PIP_NO_INDEX": "1"},
    )
    with process:
        try:
            yield Run(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def plain_environment() -> dict[str, str]:
    """Without what an outer make or mesh said."""
    told = ("MAKE", "MFLAGS", "PROTOMESH_")
    return {name: value for name, value in os.environ.items() if not name.startswith(told)}


def asked(said: str) -> str:
    """The status that the printed command gets, run as it stands."""
    command = re.findall(r"^ *(curl .*)$", said, re.MULTILINE)[-1]
    answer = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=30, check=False)
    status = re.match(r"HTTP/\S+ (\d+)", answer.stdout)
    return status[1] if status else f"{answer.returncode}: {answer.stdout}{answer.stderr}"


def left_running(folder: Path) -> list[str]:
    """Processes of this checkout that still run."""
    listed = subprocess.run(["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]
