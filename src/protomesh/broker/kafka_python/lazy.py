"""A client made when first needed: a broker that is away then fails the call, and not the process."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kafka.net.compat import KafkaNetClient

from protomesh.broker.kafka_python.errors import translated
from protomesh.errors import FailedPrecondition

T = TypeVar("T")

_LOG = logging.getLogger(__name__)


class Lazy(Generic[T]):
    """Holds one client; thread safe. `make` takes kafka-python's keyword settings."""

    def __init__(self, make: Callable[..., T], settings: dict[str, Any]) -> None:
        self._make = make
        self._settings = settings
        self._lock = threading.Lock()
        self._client: T | None = None
        self._closed = False

    def get(self) -> T:
        """The client. Raises Unavailable when no broker answers, FailedPrecondition after `close`."""
        client = self._client
        return client if client is not None else self._connect()

    def peek(self) -> T | None:
        """The client if it was ever needed."""
        return self._client

    def close(self, end: Callable[[T], None]) -> None:
        """End the client, if there is one; later calls of `get` are refused."""
        with self._lock:
            client, self._client, self._closed = self._client, None, True
        if client is not None:
            end(client)

    def take(self) -> T | None:
        """The client, now the caller's to end; the next `get` makes another."""
        with self._lock:
            client, self._client = self._client, None
        return client

    def _connect(self) -> T:
        with self._lock:
            if self._closed:
                raise FailedPrecondition("this Kafka client is closed")
            if self._client is None:
                self._client = self._build()
            return self._client

    def _build(self) -> T:
        opened: list[KafkaNetClient] = []

        def network(**settings: Any) -> KafkaNetClient:
            opened.append(KafkaNetClient(**settings))
            return opened[-1]

        try:
            with translated():
                return self._make(kafka_client=network, **self._settings)
        except BaseException:
            # A constructor that gives up leaves its IO thread running: one more with every attempt.
            for client in opened:
                _close_quietly(client)
            raise


def _close_quietly(client: KafkaNetClient) -> None:
    try:
        client.close()
        client._manager._net.stop()  # noqa: SLF001 - close() leaves the IO thread of a failed bootstrap alive
    except Exception:  # noqa: BLE001 - the error that matters is on its way up
        _LOG.debug("closing an unfinished Kafka client", exc_info=True)
