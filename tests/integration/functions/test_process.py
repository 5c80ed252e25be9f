"""The functions' own process: it says ready when its functions consume, and tells how they fare meanwhile."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protomesh.app.keys import ensure
from protomesh.testing import eventually
from tests.integration.functions.conftest import ENVIRONMENT, ROOT, BrokerProcess


class FunctionsProcess:
    """`python -m protomesh.app.functions` with the project's own functions."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        ensure(folder)
        self._out = folder / "functions.log"
        environment = {
            **ENVIRONMENT,
            "PROTOMESH_MANIFEST": str(ROOT / "mesh.toml"),
            "PROTOMESH_STATE_DIR": str(folder),
            "PROTOMESH_BOOTSTRAP": bootstrap,
        }
        with self._out.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "protomesh.app.functions"], env=environment, stdout=out, stderr=out
            )

    @property
    def ready(self) -> bool:
        """Whether it said so. It must be alive."""
        self._alive()
        return "ready -" in self._lines()

    def told(self, function: str) -> list[tuple[str, str]]:
        """The changes of a function's health: level, and what is told of it."""
        self._alive()
        lines: list[dict[str, Any]] = [json.loads(line) for line in self._lines() if line.startswith("{")]
        found = [(str(line["level"]), str(line["message"])) for line in lines]
        return [
            (level, message.partition(": ")[2].partition(":")[0])
            for level, message in found
            if message.startswith(f"{function}: ")
        ]

    def end(self) -> int:
        self._process.terminate()
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _alive(self) -> None:
        status = self._process.poll()
        assert status is None, f"it ended with {status}:\n{self._out.read_text()}"

    def _lines(self) -> list[str]:
        """Whole lines: one that is being written is left for the next look."""
        return self._out.read_text().rpartition("\n")[0].splitlines()


@pytest.fixture
def functions(kafka: BrokerProcess, tmp_path: Path) -> Iterator[FunctionsProcess]:
    """Started while the broker is away."""
    kafka.kill()
    folder = tmp_path / "state"
    folder.mkdir()
    process = FunctionsProcess(kafka.address, folder)
    yield process
    process.end()


def test_it_ends_soon_while_its_broker_is_away(kafka: BrokerProcess, functions: FunctionsProcess) -> None:
    kafka.restart()
    eventually(lambda: functions.ready, within=60)
    kafka.kill()
    began = time.monotonic()
    assert functions.end() == 0
    assert time.monotonic() - began < 7, "about two seconds are due; nine were the fault"


STARTING, READY, DEGRADED = ("info", "starting"), ("info", "ready"), ("warning", "degraded")


def test_it_is_ready_when_its_functions_consume_and_not_before(
    kafka: BrokerProcess, functions: FunctionsProcess
) -> None:
    names = sorted(file.parent.name for file in (ROOT / "functions").glob("*/main.py"))
    tell(functions, names, [DEGRADED])
    assert not functions.ready
    kafka.restart()
    eventually(lambda: functions.ready, within=60)
    tell(functions, names, [DEGRADED, READY])
    kafka.kill()
    tell(functions, names, [DEGRADED, READY, DEGRADED])
    kafka.restart()
    tell(functions, names, [DEGRADED, READY, DEGRADED, READY])
    assert functions.end() == 0


def tell(functions: FunctionsProcess, names: list[str], expected: list[tuple[str, str]]) -> None:
    """In the end, each of them exactly this; that one is starting may have been seen in between or not."""
    found: dict[str, list[tuple[str, str]]] = {}

    def all_told() -> bool:
        found.update((name, [each for each in functions.told(name) if each != STARTING]) for name in names)
        return all(story == expected for story in found.values())

    try:
        eventually(all_told, within=60)
    except AssertionError:
        raise AssertionError(f"told {found} instead of {expected}") from None
