"""A mesh of small real scripts under a real supervisor process."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protomesh.app.supervisor import Component, Plan, Record, Restart, Row
from protomesh.app.supervisor import record as records
from protomesh.app.supervisor.leftovers import MARK, end
from protomesh.clock import SystemClock

DEADLINE = 60.0
"""Seconds: only a mesh that is broken waits as long as this."""

SERVES = "import signal, sys, time\nprint('ready 127.0.0.1:1', flush=True)\nwhile True: time.sleep(60)\n"
QUICK = Restart(first=0.05, most=0.2)


@dataclass
class Scene:
    """`folder` holds the scripts, `state` is the state directory."""

    folder: Path
    state: Path
    supervisors: list[subprocess.Popen[str]] = field(default_factory=list)

    def component(self, name: str, script: str, **options: Any) -> Component:
        path = self.folder / f"{name}.py"
        path.write_text(script)
        options.setdefault("restart", QUICK)
        return Component(name, (sys.executable, str(path)), env={MARK: str(self.state)}, **options)

    def start(self, *components: Component) -> subprocess.Popen[str]:
        plan = Plan(str(self.folder), 1, components, hello="try this")
        records.write_json(self.state / "plan.json", plan.to_json())
        return self.again()

    def again(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "protomesh.app.supervisor", str(self.state)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.supervisors.append(child)
        return child

    def until(self, done: Callable[[Record], bool]) -> Record:
        deadline = time.monotonic() + DEADLINE
        while True:
            seen = records.read(self.state)
            if seen is not None and done(seen):
                return seen
            assert time.monotonic() < deadline, f"never came to pass; last seen: {seen}"
            time.sleep(0.02)

    def until_row(self, name: str, done: Callable[[Row], bool]) -> Row:
        return row(self.until(lambda seen: done(row(seen, name))), name)

    def log(self, name: str) -> str:
        return (self.state / "logs" / f"{name}.log").read_text()

    def close(self) -> None:
        for child in self.supervisors:
            child.kill()
            child.communicate()
        last = records.read(self.state)
        if last is not None:
            end(last, self.state, SystemClock(), grace=0.0)


def row(record: Record, name: str) -> Row:
    return next(each for each in record.rows if each.name == name)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(done: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)
