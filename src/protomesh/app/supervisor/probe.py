"""The smallest HTTP client that can tell whether something is up."""

import re
import socket
from contextlib import closing

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_LARGEST = 256 * 1024


def status(address: str, path: str, timeout: float = 0.5, ca: str = "") -> int:
    """The status of `GET path` at `host:port`; 0 when nobody answers in time.

    With `ca`, a file, over TLS; the name in the certificate does not matter.
    """
    host, _, port = address.rpartition(":")
    try:
        with closing(_connect(host.strip("[]"), int(port), timeout, ca)) as road:
            road.settimeout(timeout)
            words = exchange(road, "GET", path, address).split(b" ", 2)
    except OSError:
        return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _connect(host: str, port: int, timeout: float, ca: str) -> socket.socket:
    """Raises OSError, of which ssl.SSLError is one."""
    road = socket.create_connection((host, port), timeout)
    if not ca:
        return road
    import ssl  # noqa: PLC0415 - megabytes that a mesh without TLS never needs

    try:
        context = ssl.create_default_context(cafile=ca)
        context.check_hostname = False
        return context.wrap_socket(road)
    except OSError:
        road.close()
        raise


def exchange(road: socket.socket, method: str, path: str, host: str) -> bytes:
    """One request with an empty body and its answer, headers and all, at most 256 KiB. Raises OSError.

    The end of the connection is not waited for: Envoy leaves it open for a second after its answer.
    """
    road.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    answer = b""
    while not _complete(answer) and len(answer) < _LARGEST and (piece := road.recv(64 * 1024)):
        answer += piece
    return answer


def _complete(answer: bytes) -> bool:
    """RFC 9112, section 6.3: by its length, by the last chunk, else by the end of the connection."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = _LENGTH.search(head)
    if length:
        return len(body) >= int(length[1])
    return b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")
