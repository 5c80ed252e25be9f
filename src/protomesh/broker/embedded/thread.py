"""The broker in a thread of this process, for tests and for tools that need one for a moment."""

import asyncio
import threading

from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.server import EmbeddedBroker


class BrokerThread:
    """A context manager: `with BrokerThread(Options(data=…)) as address:` gives `host:port`.

    Raises what EmbeddedBroker.start raises.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._address = ""
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self._address

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for the start
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with EmbeddedBroker(self._options) as broker:
            self._address = broker.address
            self._ready.set()
            await self._stop.wait()
