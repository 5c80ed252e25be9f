"""HTTP/1.1 by the standard library, HTTP/2 by curl: both show what really came over the wire."""

import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.gateway.envoys import DEADLINE

ORIGIN = "https://app.example"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated ones joined by commas."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


@dataclass(frozen=True, slots=True)
class Rest:
    """Each request on a connection of its own, with an Origin as a browser's page would send it."""

    port: int

    def __call__(
        self,
        verb: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | Iterator[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """`body` goes as JSON, `raw` as it is. In header names `_` stands for `-`."""
        sent = {"Origin": ORIGIN} | {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            raw = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            return exchange(connection, verb, path, raw, sent)
        finally:
            connection.close()


def exchange(
    connection: http.client.HTTPConnection,
    verb: str,
    path: str,
    raw: bytes | Iterator[bytes] | None,
    headers: Mapping[str, str],
) -> Answer:
    connection.request(verb, path, raw, dict(headers))
    response = connection.getresponse()
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return Answer(response.status, found, response.read())


def http2(port: int, verb: str, path: str, *options: str) -> Answer:
    """By curl, over HTTP/2 without TLS. A broken frame makes curl, and so this, fail."""
    curl = shutil.which("curl")
    assert curl is not None
    how = ["--head"] if verb == "HEAD" else ["-X", verb, "-i"]
    url = f"http://127.0.0.1:{port}{path}"
    command = [curl, "-sS", "--http2-prior-knowledge", "-m", "60", *how, *options, url]
    done = subprocess.run(command, check=False, capture_output=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr.decode()
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)


def eventually(question: Callable[[], Answer], holds: Callable[[Answer], bool]) -> Answer:
    """Ask until it holds, at most a minute."""
    end = time.monotonic() + DEADLINE
    answer = question()
    while not holds(answer):
        assert time.monotonic() < end, f"never held: {answer}"
        time.sleep(0.05)
        answer = question()
    return answer
