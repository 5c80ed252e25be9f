"""A channel over TLS that is opened anew when the own certificate has been renewed."""

import threading
from collections.abc import Callable
from typing import Any, Self

import grpc

from protomesh.certificates import Material
from protomesh.errors import ConfigError


class RenewedChannel(grpc.Channel):
    """Each call goes to a channel with the certificate as it is now.

    One that was replaced ends by itself when the calls on it have ended.
    """

    def __init__(self, current: Callable[[], Material], connect: Callable[[Material], grpc.Channel]) -> None:
        self._current = current
        self._connect = connect
        self._lock = threading.Lock()
        self._material = current()
        self._channel = connect(self._material)

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """One request, one response."""
        return _Caller(self.channel, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """One request, responses one by one."""
        return _Caller(self.channel, "unary_stream", args, kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """Requests one by one, one response."""
        return _Caller(self.channel, "stream_unary", args, kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """Both sides one by one."""
        return _Caller(self.channel, "stream_stream", args, kwargs)

    def channel(self) -> grpc.Channel:
        """The one of now."""
        material = self._current()
        if material is not self._material:
            with self._lock:
                if material is not self._material:
                    self._channel, self._material = self._connect(material), material
        return self._channel

    def subscribe(self, callback: Any, try_to_connect: Any = None) -> None:  # noqa: ARG002 - gRPC's signature
        """Refused: the connection changes."""
        raise ConfigError("a renewed channel has no single connection to watch", where="Channel.subscribe")

    def unsubscribe(self, callback: Any) -> None:  # noqa: ARG002 - gRPC's signature
        """Refused, as `subscribe` is."""
        raise ConfigError("a renewed channel has no single connection to watch", where="Channel.unsubscribe")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection of now; calls in flight fail."""
        self._channel.close()


class _Caller:
    """One method of whichever channel is the one of now."""

    def __init__(
        self, channel: Callable[[], grpc.Channel], kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._channel = channel
        self._how = kind, args, kwargs
        self._made: tuple[grpc.Channel | None, Any] = (None, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._invoke()(*args, **kwargs)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        return self._invoke().with_call(*args, **kwargs)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        return self._invoke().future(*args, **kwargs)

    def _invoke(self) -> Any:
        channel = self._channel()
        made = self._made
        if made[0] is not channel:
            kind, args, kwargs = self._how
            made = self._made = channel, getattr(channel, kind)(*args, **kwargs)
        return made[1]
