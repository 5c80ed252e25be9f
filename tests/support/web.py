"""A real HTTP server on loopback that answers as it is told."""

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[[BaseHTTPRequestHandler], None]


def body(content: bytes, status: int = 200, **headers: str) -> Act:
    """An answer with a length."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return act


class Web:
    """`act` may be changed; `asked` holds the paths of all requests."""

    def __init__(self, act: Act, context: ssl.SSLContext | None = None, host: str = "localhost") -> None:
        self.act = act
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                try:
                    web.act(self)
                except OSError:
                    self.close_connection = True  # the client has had enough

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
                """Nothing on stderr."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up, or trusts nobody, is no error of ours."""

        self._server = Server((host, 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        scheme = "https" if context else "http"
        self.url = f"{scheme}://{host}:{self._server.server_address[1]}/jwks.json"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
