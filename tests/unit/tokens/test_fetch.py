"""Key sets over HTTP: what counts as an answer, and how much of a bad one is borne."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from protomesh.errors import Unavailable
from protomesh.tokens import fetch
from protomesh.tokens.fetch import LARGEST
from tests.support.certificates import Office
from tests.support.web import Act, Web, body

Serve = Callable[[Act], Web]
SOON = 0.3


def trusting(office: Office) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(office.folder / "ca.pem"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Web] = []

    def run(act: Act) -> Web:
        made.append(Web(act))
        return made[-1]

    yield run
    for web in made:
        web.close()


def test_the_body_and_the_query(serve: Serve) -> None:
    web = serve(body(b"{}"))
    assert fetch(f"{web.url}?v=1") == b"{}"
    assert web.asked == ["/jwks.json?v=1"]


def test_an_address_without_a_path(serve: Serve) -> None:
    web = serve(body(b"{}"))
    assert fetch(web.url.removesuffix("/jwks.json")) == b"{}"
    assert web.asked == ["/"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, status: int) -> None:
    elsewhere = serve(body(b"{}"))
    web = serve(body(b"", status, location=elsewhere.url))
    with pytest.raises(Unavailable, match=rf"redirect \({status}\): name the final address"):
        fetch(web.url)
    assert elsewhere.asked == []


@pytest.mark.parametrize("status", [201, 204, 401, 404, 429, 500, 503])
def test_only_200_is_an_answer(serve: Serve, status: int) -> None:
    with pytest.raises(Unavailable, match=f"status {status}"):
        fetch(serve(body(b"{}", status)).url)


def test_size_is_bounded(serve: Serve) -> None:
    assert len(fetch(serve(body(b" " * LARGEST)).url)) == LARGEST
    with pytest.raises(Unavailable, match="larger than 1 MiB"):
        fetch(serve(body(b" " * (LARGEST + 1))).url)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def test_an_endless_body_is_left(serve: Serve) -> None:
    with pytest.raises(Unavailable, match="larger than 1 MiB"):
        fetch(serve(endless).url)


def drip(piece: bytes, begin: bytes = b"") -> Act:
    """Something every 20 ms, so that no single read ever waits for long."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while True:
            handler.wfile.write(piece)
            threading.Event().wait(0.02)

    return act


def silent(_handler: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(5)


SLOW = {
    "no answer": silent,
    "dripping headers": drip(b"x-a: b\r\n", b"HTTP/1.1 200 OK\r\n"),
    "a dripping line": drip(b"x", b"HTTP/1.1 200 OK\r\nx-a: "),
    "a dripping body": drip(b" ", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
    "a dripping body of known length": drip(b" ", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_time_is_bounded_as_a_whole(serve: Serve, name: str) -> None:
    web = serve(SLOW[name])
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=r"no answer within 0\.3 s"):
        fetch(web.url, seconds=SOON)
    assert time.monotonic() - begun < SOON + 2


BROKEN = {
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "hangs up": b"",
    "less than it said": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}",
    "a chunk without an end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{}",
    "a length that is none": b"HTTP/1.1 2000 OK\r\n\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_answer(serve: Serve, name: str) -> None:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(BROKEN[name])
        handler.close_connection = True

    with pytest.raises(Unavailable, match="no answer: "):
        fetch(serve(act).url)


def test_nobody_is_there(serve: Serve) -> None:
    web = serve(body(b""))
    web.close()
    with pytest.raises(Unavailable, match="no answer: ConnectionRefusedError"):
        fetch(web.url)


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(body(b"proxy"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert fetch(serve(body(b"{}")).url) == b"{}"
    assert proxy.asked == []


def test_the_certificate_is_checked(tmp_path: Path) -> None:
    office, other = Office(tmp_path / "ours"), Office(tmp_path / "other")
    files = office.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    web = Web(body(b"{}"), context)
    try:
        assert fetch(web.url, context=trusting(office)) == b"{}"
        for wrong in (trusting(other), None):
            with pytest.raises(Unavailable, match="its certificate does not count: "):
                fetch(web.url, context=wrong)
        assert web.asked == ["/jwks.json"]
    finally:
        web.close()


def test_the_certificate_must_be_for_this_host(tmp_path: Path) -> None:
    office = Office(tmp_path)
    files = office.issue("localhost")  # which says 127.0.0.1 too
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    web = Web(body(b"{}"), context, "127.0.0.2")
    try:
        with pytest.raises(Unavailable, match="its certificate does not count: IP address mismatch"):
            fetch(web.url, context=trusting(office))
        assert web.asked == []
    finally:
        web.close()
