"""A client that keeps 64 unary calls in flight, and what they cost the server.

h2load (Debian's nghttp2-client) where there is one: a Python client cannot keep the native engine busy, and
calls of a server that waits between them cost more. Otherwise grpcio's own client.
"""

import shutil
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import grpc

CONNECTIONS, STREAMS = 4, 16
IN_FLIGHT = CONNECTIONS * STREAMS


def client() -> str:
    """What makes the calls here."""
    return "h2load" if shutil.which("h2load") else "grpcio"


class Load:
    """Calls one method of a server, with one request, in the name of the token's subject."""

    def __init__(self, port: int, method: str, request: bytes, token: str, pid: int) -> None:
        self._url = f"http://127.0.0.1:{port}{method}"
        self._request = request
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._pid = pid
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        self._call(request, metadata=self._metadata, timeout=10)
        self._drive = self._by_h2load if client() == "h2load" else self._by_grpcio

    def rate(self, calls: int) -> float:
        """Calls per second of the server's processor time."""
        before = self._spent()
        self._drive(calls)
        rate = calls / (self._spent() - before)
        self._call(self._request, metadata=self._metadata, timeout=10)
        return rate

    def _spent(self) -> float:
        """Processor seconds of the server: its clock by clock_getcpuclockid(3), to the nanosecond."""
        return time.clock_gettime((~self._pid << 3) | 2)

    def _by_h2load(self, calls: int) -> None:
        with tempfile.NamedTemporaryFile() as body:
            Path(body.name).write_bytes(struct.pack(">BI", 0, len(self._request)) + self._request)
            headers = [("content-type", "application/grpc"), ("te", "trailers"), *self._metadata]
            told = [part for name, value in headers for part in ("-H", f"{name}: {value}")]
            command = [
                "h2load",
                "-n",
                calls,
                "-c",
                CONNECTIONS,
                "-m",
                STREAMS,
                "-d",
                body.name,
                *told,
                self._url,
            ]
            done = subprocess.run(
                [str(part) for part in command], capture_output=True, text=True, check=True, timeout=120
            )
        assert f"{calls} succeeded" in done.stdout, done.stdout
        assert f"{calls} 2xx" in done.stdout, done.stdout

    def _by_grpcio(self, calls: int) -> None:
        free, failures = threading.Semaphore(IN_FLIGHT), []

        def finished(future: Any) -> None:
            if future.exception() is not None:
                failures.append(future.exception())
            free.release()

        for _ in range(calls):
            free.acquire()
            self._call.future(self._request, metadata=self._metadata).add_done_callback(finished)
        for _ in range(IN_FLIGHT):
            free.acquire()
        assert not failures, failures[0]
