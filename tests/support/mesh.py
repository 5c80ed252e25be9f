"""A throw-away mesh on free ports, started and asked as a user would: by the command line and over HTTP."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'gen' / 'python'}"}
"""For Python processes that want the project's own and its generated code."""
COMMAND = (str(Path(sys.executable).with_name("protomesh")),)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are in lower case, a repeated one holds a list joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Mesh:
    """A running mesh of a project, this one unless told otherwise."""

    def __init__(self, state_dir: Path, project: Path = PROJECT) -> None:
        self.state_dir, self.project = state_dir, project

    def cli(self, *arguments: str, timeout: float = 60, check: bool = True) -> str:
        """Run `protomesh` on this mesh. Returns what it printed; fails with its errors."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--state-dir", str(self.state_dir)],
            cwd=self.project,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"protomesh {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout

    def components(self) -> dict[str, dict[str, Any]]:
        """What `ps` says, by name."""
        return {each["name"]: each for each in json.loads(self.cli("ps", "--json"))}

    def address(self, name: str) -> str:
        return str(self.components()[name]["address"])

    def token(self, *arguments: str) -> str:
        return self.cli("token", *arguments).strip()

    def gateway(self) -> "Rest":
        return Rest(self.address("gateway"))

    def events(self, topic: str) -> list[dict[str, Any]]:
        """Everything on a topic."""
        lines = self.cli("tail", topic, "--from", "beginning", "--json").splitlines()
        return [json.loads(line) for line in lines]


class Rest:
    """A plain HTTP/1.1 client, one connection a request."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`body` is sent as JSON; bytes as they are."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        with contextlib.closing(http.client.HTTPConnection(self.address, timeout=30)) as connection:
            connection.request(method, path, *body_of(body, sent))
            answer = connection.getresponse()
            return Answer(answer.status, headers_of(answer), answer.read())


def body_of(body: Any, headers: Mapping[str, str]) -> tuple[bytes | None, dict[str, str]]:
    """The body's bytes, and the headers with its type; JSON unless the body is bytes."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    kind = {} if data is None or "Content-Type" in headers else {"Content-Type": "application/json"}
    return data, {**headers, **kind}


def headers_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    """See `Answer`."""
    found: dict[str, str] = {}
    for name, value in answer.getheaders():
        name = name.lower()  # noqa: PLW2901 - the same name, as HTTP compares it
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


@contextlib.contextmanager
def running(*arguments: str, state_dir: Path | None = None, project: Path = PROJECT) -> Iterator[Mesh]:
    """Start a mesh with `protomesh up -d`, stop it in the end. Without `state_dir` nothing of it stays."""
    with contextlib.ExitStack() as stack:
        folder = state_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mesh-")))
        mesh = Mesh(folder, project)
        mesh.cli("up", "-d", "--port-base", "0", *arguments, timeout=180)
        try:
            yield mesh
        finally:
            mesh.cli("down", timeout=60)


def eventually(look: Callable[[], T | None], what: str, seconds: float = 30.0) -> T:
    """Look again until there is something to see; fails with `what` when the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        threading.Event().wait(0.1)
