"""The broker: a listener, and a clock that lets overdue things happen."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Self

from protomesh.broker.embedded.connection import Connection
from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.state import State

_LOG = logging.getLogger(__name__)

_TICK = 0.05


class EmbeddedBroker:
    """Runs in the event loop that starts it.

    `async with EmbeddedBroker(Options(data=…)) as broker:` serves at `broker.address` until the block ends.
    Raises ConfigError when the data directory is taken or damaged, OSError when the port is.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state: State | None = None
        self._server: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._connections: set[Connection] = set()

    @property
    def address(self) -> str:
        """`host:port`, once it listens."""
        port = self._options.port if self._state is None else self._state.port
        return f"{self._options.host}:{port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Read the directory, then listen."""
        state = State(self._options)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(state, self._connections), self._options.host, self._options.port
            )
        except BaseException:
            state.close()
            raise
        state.port = self._server.sockets[0].getsockname()[1]
        self._state = state
        self._ticker = asyncio.create_task(self._tick(state))

    async def stop(self) -> None:
        """Hang up on everybody and close the files. What was acknowledged is in them already."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close()
        if self._ticker is not None:
            self._ticker.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticker
        if self._server is not None:
            await self._server.wait_closed()
            await asyncio.sleep(0)  # the connections hear of it one turn of the loop later
        if self._state is not None:
            self._state.close()
            self._state = None

    async def _tick(self, state: State) -> None:
        loop = asyncio.get_running_loop()
        retain_at = loop.time() + self._options.retention_every
        while True:
            await asyncio.sleep(_TICK)
            try:
                state.groups.tick(loop.time())
                if loop.time() >= retain_at:
                    state.topics.retain(int(time.time() * 1000))
                    state.compact()
                    retain_at = loop.time() + self._options.retention_every
            except OSError:
                _LOG.exception("the data directory does not take changes")
