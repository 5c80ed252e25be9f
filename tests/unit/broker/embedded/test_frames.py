"""The frame buffer and the request header, against any bytes in any cuts."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protomesh.broker.embedded.dispatch import Call, decode
from protomesh.broker.embedded.frames import BadFrame, FrameBuffer, head_of, skip_tags

LARGEST = 1000


def framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame


@given(frames=st.lists(st.binary(min_size=8, max_size=LARGEST), max_size=8), data=st.data())
def test_frames_survive_any_cutting(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(framed, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    buffer = FrameBuffer(LARGEST)
    found: list[bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += buffer.feed(stream[start:end])
    assert found == frames


@pytest.mark.parametrize("size", [-1, 0, 7, LARGEST + 1, 2**31 - 1, -(2**31)])
def test_sizes_that_no_request_has_are_refused(size: int) -> None:
    with pytest.raises(BadFrame):
        list(FrameBuffer(LARGEST).feed(struct.pack(">i", size)))


def test_good_frames_before_a_bad_one_are_still_given() -> None:
    frames = FrameBuffer(LARGEST).feed(framed(b"x" * 8) + struct.pack(">i", 0))
    assert next(frames) == b"x" * 8
    with pytest.raises(BadFrame):
        next(frames)


def test_a_header() -> None:
    head = head_of(struct.pack(">hhih", 3, 9, 77, 4) + b"name" + b"\x00body")
    assert head == (3, 9, 77, "name", 14)
    assert head_of(struct.pack(">hhih", 3, 9, 77, -1)).client == ""


@pytest.mark.parametrize(
    ("tags", "end"),
    [(b"\x00", 1), (b"\x01\x00\x02ab", 5), (b"\x02\x00\x00\x81\x01\x01z", 7)],
)
def test_tags_are_skipped(tags: bytes, end: int) -> None:
    assert skip_tags(tags + b"rest", 0) == end


@pytest.mark.parametrize("tags", [b"", b"\x01", b"\x01\x00\x05ab", b"\xff\xff\xff\xff\xff\x01"])
def test_tags_beyond_the_frame_are_refused(tags: bytes) -> None:
    with pytest.raises(BadFrame):
        skip_tags(tags, 0)


_KNOWN = st.sampled_from(
    [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 37, 42, 44, 47, 60]
)


@given(key=st.one_of(_KNOWN, st.integers(-5, 99)), version=st.integers(-1, 14), rest=st.binary(max_size=120))
@example(key=18, version=99, rest=b"")
@example(key=0, version=9, rest=b"\xff\xff\x00\xff\xff\xff\xff\x0f")
def test_any_request_is_decoded_answered_or_refused(key: int, version: int, rest: bytes) -> None:
    frame = struct.pack(">hhih", key, version, 1, -1) + rest
    try:
        result = decode(frame)
    except BadFrame:
        return
    assert isinstance(result, (Call, bytes))


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_cleanly(frame: bytes) -> None:
    try:
        decode(frame)
    except BadFrame:
        return
