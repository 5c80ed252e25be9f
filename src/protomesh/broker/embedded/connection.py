"""One client connection: requests are worked on one at a time and answered in order, as Kafka does."""

import asyncio
import logging
import socket
from collections import deque
from typing import Any

from protomesh.broker.embedded.dispatch import Call, decode, encode
from protomesh.broker.embedded.frames import BadFrame, FrameBuffer
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

_LOG = logging.getLogger(__name__)

_MOST_QUEUED = 64
"""Frames that may wait before the client is made to wait too."""


class Connection(asyncio.Protocol):
    """`open_connections` holds those that live."""

    def __init__(self, state: State, open_connections: set["Connection"]) -> None:
        self._state = state
        self._open = open_connections
        self._frames = FrameBuffer(state.options.largest_frame)
        self._queue: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable = True
        self._transport: Any = None
        self._peer = Peer("?")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio.Protocol."""
        self._transport = transport
        self._peer.host = (transport.get_extra_info("peername") or ("?",))[0]
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Of asyncio.Protocol."""
        del exc
        self._open.discard(self)
        self._queue.clear()
        if self._task is not None:
            self._task.cancel()
        if self._state.options.grace is not None:
            now = asyncio.get_running_loop().time()
            self._state.groups.disconnected(self._peer, self._state.options.grace, now)

    def pause_writing(self) -> None:
        """Of asyncio.Protocol: the client does not read its answers."""
        self._writable = False

    def resume_writing(self) -> None:
        """Of asyncio.Protocol."""
        self._writable = True
        self._work()

    def data_received(self, data: bytes) -> None:
        """Of asyncio.Protocol."""
        try:
            self._queue.extend(self._frames.feed(data))
        except BadFrame as error:
            self._hang_up(error)
            return
        self._work()
        if len(self._queue) > _MOST_QUEUED:
            self._transport.pause_reading()

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()

    def _work(self) -> None:
        """Answer until the queue is empty, a request waits, or the client does not read."""
        while self._queue and self._task is None and self._writable and not self._transport.is_closing():
            try:
                self._take(self._queue.popleft())
            except BadFrame as error:
                self._hang_up(error)
            except Exception:  # noqa: BLE001 - ends this connection, never the broker
                _LOG.exception("a request of %s failed", self._peer.client)
                self.close()
        if (
            len(self._queue) <= _MOST_QUEUED // 2
            and self._transport is not None
            and not self._transport.is_closing()
        ):
            self._transport.resume_reading()

    def _take(self, frame: bytes) -> None:
        call = decode(frame)
        if isinstance(call, bytes):
            self._transport.write(call)
            return
        self._peer.client = call.head.client
        if call.api.waits:
            self._task = asyncio.get_running_loop().create_task(self._wait_for(call))
            return
        self._answer(call, call.api.handler(self._state, call.request, self._peer))

    async def _wait_for(self, call: Call) -> None:
        try:
            self._answer(call, await call.api.handler(self._state, call.request, self._peer))
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - as in _work
            _LOG.exception("a request of %s failed", self._peer.client)
            self.close()
        finally:
            self._task = None
        self._work()

    def _answer(self, call: Call, response: Any) -> None:
        if response is not None and not self._transport.is_closing():
            self._transport.write(encode(response, call.head.correlation, call.head.version))

    def _hang_up(self, error: BadFrame) -> None:
        _LOG.warning(
            "connection of %s (%s) closed: %s", self._peer.host, self._peer.client or "no name", error
        )
        self._queue.clear()
        self.close()
