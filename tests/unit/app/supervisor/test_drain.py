"""Envoy's admin socket, played by a small server."""

import http.server
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protomesh.app.supervisor.drain import drain


class Admin(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), Handler)
        self.path = str(path)
        self.active = 2
        self.asked: list[str] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Admin

    def address_string(self) -> str:
        return "unix"

    def do_POST(self) -> None:
        self.answer("OK\n")

    def do_GET(self) -> None:
        self.answer(
            f"http.admin.downstream_rq_active: 1\nhttp.edge.downstream_rq_active: {self.server.active}\n"
        )
        self.server.active -= 1

    def answer(self, text: str) -> None:
        self.server.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Admin]:
    server = Admin(tmp_path / "admin.sock")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def noting(waits: list[float]) -> Callable[[float], bool]:
    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    return wait


def test_it_waits_until_nothing_is_under_way(admin: Admin) -> None:
    waits: list[float] = []
    drain(admin.path, noting(waits), 60.0)
    assert admin.asked == ["POST /healthcheck/fail", "GET /stats", "GET /stats", "GET /stats"]
    assert len(waits) == 2


def test_it_gives_up_in_time(admin: Admin) -> None:
    admin.active = 10**6
    waits: list[float] = []
    drain(admin.path, noting(waits), 0.5)
    assert len(waits) == 10


def test_a_hurry_ends_it(admin: Admin) -> None:
    admin.active = 10**6
    drain(admin.path, lambda _: True, 60.0)
    assert admin.asked == ["POST /healthcheck/fail", "GET /stats"]


def test_no_envoy_is_no_reason_to_wait(tmp_path: Path) -> None:
    drain(str(tmp_path / "none.sock"), lambda _: pytest.fail("waited for nobody"), 60.0)
