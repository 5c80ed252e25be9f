"""Frames and request headers: pure functions and one small buffer, for bytes that nobody has vetted."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_SIZE = struct.Struct(">i")
_START = struct.Struct(">hhih")
_SMALLEST = 8
"""Key, version and correlation id: what every request begins with."""
_LONGEST_VARINT = 5


class BadFrame(ValueError):  # noqa: N818 - says what is bad; "error" adds nothing
    """The stream is not a client's: there is no way to go on with this connection."""


class FrameBuffer:
    """Cuts a byte stream into frames: a big-endian size of four bytes, then that many bytes."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that `data` completes. Raises BadFrame for a size that no request can have."""
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= _SIZE.size:
                (size,) = _SIZE.unpack_from(self._buffer, at)
                if not _SMALLEST <= size <= self._largest:
                    raise BadFrame(f"a frame of {size} bytes; {_SMALLEST} to {self._largest} are possible")
                end = at + _SIZE.size + size
                if end > len(self._buffer):
                    break
                yield bytes(memoryview(self._buffer)[at + _SIZE.size : end])
                at = end
        finally:
            del self._buffer[:at]


class Head(NamedTuple):
    """The first fields of a request; `rest` is where the remainder begins."""

    key: int
    version: int
    correlation: int
    client: str
    rest: int


def head_of(frame: bytes) -> Head:
    """The common part. Raises BadFrame."""
    if len(frame) < _START.size:
        raise BadFrame("too short for a request header")
    key, version, correlation, length = _START.unpack_from(frame)
    end = _START.size + max(0, length)
    if length < -1 or end > len(frame):
        raise BadFrame(f"a client name of {length} bytes")
    try:
        client = frame[_START.size : end].decode()
    except UnicodeDecodeError as error:
        raise BadFrame("a client name that is no UTF-8") from error
    return Head(key, version, correlation, client, end)


def skip_tags(frame: bytes, at: int) -> int:
    """Where the tagged fields (KIP-482) that begin at `at` end; none is used here. Raises BadFrame."""
    count, at = _varint(frame, at)
    for _ in range(count):
        _, at = _varint(frame, at)
        size, at = _varint(frame, at)
        at += size
        if at > len(frame):
            raise BadFrame("a tagged field beyond the frame")
    return at


def _varint(frame: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if at + index >= len(frame):
            raise BadFrame("a number beyond the frame")
        byte = frame[at + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:  # noqa: PLR2004 - the bit that says: more to come
            return value, at + index + 1
    raise BadFrame("a number without an end")
