"""The smallest HTTP client that can tell whether something is up."""

import socket
from contextlib import closing


def status(address: str, path: str, timeout: float = 0.5) -> int:
    """The status of `GET path` at `host:port`; 0 when nobody answers in time."""
    host, _, port = address.rpartition(":")
    try:
        with closing(socket.create_connection((host.strip("[]"), int(port)), timeout)) as road:
            road.settimeout(timeout)
            return _status(exchange(road, "GET", path, address))
    except OSError:
        return 0


def exchange(road: socket.socket, method: str, path: str, host: str, limit: int = 256 * 1024) -> bytes:
    """One request with an empty body; the whole answer, at most `limit` bytes. Raises OSError."""
    road.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    answer = b""
    while len(answer) < limit and (piece := road.recv(64 * 1024)):
        answer += piece
    return answer


def _status(answer: bytes) -> int:
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
