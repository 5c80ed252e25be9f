"""A small document fetched over HTTP: bounded in time and size, no redirects, no proxies."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

from protomesh.errors import Unavailable

SECONDS = 5.0
LARGEST = 1024 * 1024
HEADERS = {"accept": "application/json", "accept-encoding": "identity", "connection": "close"}


def fetch(url: str, *, seconds: float = SECONDS, context: ssl.SSLContext | None = None) -> bytes:
    """The body behind an http(s) URL, at most 1 MiB, within `seconds` from connecting to the last byte.

    Raises Unavailable with the reason. A redirect is no answer: keys come from the address that the policy
    names. The certificate is checked against the machine's authorities unless `context` says otherwise.
    """
    parts = urlsplit(url)
    try:
        line = _connection(parts.hostname or "", parts.port, parts.scheme, seconds, context)
        with closing(line), _until(line, seconds):
            line.request("GET", urlunsplit(("", "", parts.path or "/", parts.query, "")), headers=HEADERS)
            return _body(line.getresponse())
    except TimeoutError:
        raise Unavailable(f"no answer within {seconds:g} s") from None
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(f"its certificate does not count: {error.verify_message}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"no answer: {type(error).__name__}") from None


def _connection(
    host: str, port: int | None, scheme: str, seconds: float, context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=seconds)
    trusted = context or ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=trusted)


@contextmanager
def _until(line: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Connect, and cut the connection when time is over: the socket's own limit is one for each read.

    Raises TimeoutError.
    """
    over = threading.Event()
    held: list[socket.socket] = []

    def cut() -> None:
        over.set()
        for each in held or [line.sock]:
            with contextlib.suppress(OSError, AttributeError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        line.connect()
        held.append(line.sock)
        yield
    except (OSError, http.client.HTTPException, ValueError, Unavailable):
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError


def _body(answer: http.client.HTTPResponse) -> bytes:
    """Raises Unavailable."""
    with answer:
        if 300 <= answer.status < 400:  # noqa: PLR2004 - RFC 9110, 15.4
            raise Unavailable(f"it answered with a redirect ({answer.status}): name the final address")
        if answer.status != http.client.OK:
            raise Unavailable(f"it answered with status {answer.status}")
        body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise Unavailable("its answer is larger than 1 MiB")
    if answer.length:
        raise Unavailable("no answer: it ended too early")
    return body
