"""A real broker in a process of its own, and workers that can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.broker import Broker, TopicSpec
from protomesh.broker.kafka_python import KafkaPython

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("src", "gen/python", "")),
}


class BrokerProcess:
    """The embedded broker, which keeps its address over a restart."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = 0
        self._start()

    def _start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "protomesh.broker.embedded",
            "--data",
            str(self._data),
            "--port",
            str(self._port),
        ]
        self._process = subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        word, _, self.address = self._process.stdout.readline().strip().partition(" ")
        assert word == "ready", f"the broker did not start: exit status {self._process.poll()}"
        self._port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """Also one that is dead already."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def halt(self) -> None:
        """It keeps its connections and answers nothing more."""
        self._process.send_signal(signal.SIGSTOP)

    def restart(self) -> None:
        self._start()

    def broker(self) -> Broker:
        return KafkaPython(self.address)


class Workers:
    """Processes of one function's group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, address: str, *more: str) -> subprocess.Popen[bytes]:
        worker = str(Path(__file__).with_name("worker.py"))
        command = [sys.executable, worker, address, str(self._folder), *more]
        with (self._folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log)
        self._processes.append(process)
        return process

    def notes(self) -> list[tuple[str, str]]:
        """(key, id) in the order in which they were handled."""
        file = self._folder / "note" / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(line.split()[0], line.split()[1]) for line in lines]

    def log(self) -> str:
        return (self._folder / "worker.log").read_text()

    def end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[BrokerProcess]:
    process = BrokerProcess(tmp_path / "kafka")
    admin = process.broker().admin()
    admin.create([TopicSpec("users", 4)])
    admin.close()
    yield process
    process.kill()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    folder = tmp_path / "state"
    folder.mkdir()
    group = Workers(folder)
    yield group
    group.end()
