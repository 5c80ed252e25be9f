"""A project of two small scripts, and the command `protomesh` run on it as people run it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEADLINE = 60.0

PROTO = """syntax = "proto3";
// Greets.
package hello.v1;
// Greets.
message Greeting {
  // Whom.
  string name = 1;
}
"""
SERVES = """import os, socket
listener = socket.create_server(("127.0.0.1", int(os.environ["PROTOMESH_PORT"])))
print(f"ready 127.0.0.1:{os.environ['PROTOMESH_PORT']}", flush=True)
while True: listener.accept()
"""
MANIFEST = """[mesh]
name = "hello"
[contract]
python = "hello_pb"
[broker]
bootstrap = "127.0.0.1:1"
[services.one]
command = "{python} one.py"
[services.two]
command = "{python} two.py"
"""
LEFT_OUT = ("--without", "relay")


@dataclass
class Cage:
    folder: Path

    def write_contract(self) -> None:
        (self.folder / "mesh.toml").write_text(MANIFEST.format(python=sys.executable))
        protos = self.folder / "protos" / "hello" / "v1"
        protos.mkdir(parents=True)
        (protos / "hello.proto").write_text(PROTO)
        for name in ("one", "two"):
            (self.folder / f"{name}.py").write_text(SERVES)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "protomesh.cli", *arguments],
            cwd=self.folder,
            env={key: value for key, value in os.environ.items() if not key.startswith("PROTOMESH_")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.begin(*arguments) as child:
            out, err = child.communicate(timeout=DEADLINE)
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def ps(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(self.run("ps", "--json").stdout)}

    def until(self, done: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
        deadline = time.monotonic() + DEADLINE
        while not done(seen := self.ps()):
            assert time.monotonic() < deadline, f"never came to pass; last seen: {seen}"
        return seen

    def close(self) -> None:
        self.run("down")
