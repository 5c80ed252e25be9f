"""Record batches, format 2 (KIP-98).

They are stored and sent as they came, so that the cost is per batch and not per record.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from kafka.record import MemoryRecords
from kafka.record.util import calc_crc32c

from protomesh.broker.embedded.codes import Code, Refused

_HEADER = struct.Struct(">qiibIhiqqqhii")
_PLACE = struct.Struct(">qii")
_FRONT = 12
"""Base offset and length, which the length itself does not count."""
_CHECKED_FROM = 21
"""The checksum covers everything from the attributes on, so that a broker may set what is before."""

BATCH_OVERHEAD = _HEADER.size
_SMALLEST_LENGTH = BATCH_OVERHEAD - _FRONT
_MAGIC = 2
_SEQUENCE_MASK = 0x7FFFFFFF
_TRANSACTIONAL = 0x10
_CONTROL = 0x20


class BatchHeader(NamedTuple):
    """The 61 bytes before the records."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    checksum: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here

    @property
    def size(self) -> int:
        """Bytes of the whole batch."""
        return _FRONT + self.length

    @property
    def last_sequence(self) -> int:
        """Sequence number of the last record; they wrap at 2^31."""
        return self.base_sequence + self.last_offset_delta & _SEQUENCE_MASK

    @property
    def plain(self) -> bool:
        """Neither part of a transaction nor a marker of one."""
        return not self.attributes & (_TRANSACTIONAL | _CONTROL)

    @property
    def idempotent(self) -> bool:
        """Whether sequence numbers are to be checked."""
        return self.producer_id >= 0 and self.base_sequence >= 0


def header_at(buffer: bytes | bytearray | memoryview, at: int) -> BatchHeader | None:
    """The header of the batch that begins at `at`, or None if no whole batch of format 2 stands there."""
    if len(buffer) - at < BATCH_OVERHEAD:
        return None
    header = BatchHeader(*_HEADER.unpack_from(buffer, at))
    sound = (
        header.magic == _MAGIC
        and header.length >= _SMALLEST_LENGTH
        and at + header.size <= len(buffer)
        and header.count > 0
        and header.last_offset_delta >= 0
    )
    return header if sound else None


def intact(buffer: bytes | bytearray | memoryview, at: int, header: BatchHeader) -> bool:
    """Whether the checksum (CRC-32C) fits the bytes."""
    covered = memoryview(buffer)[at + _CHECKED_FROM : at + header.size]
    return bool(calc_crc32c(covered) == header.checksum)


def the_batch(records: bytes | bytearray) -> BatchHeader:
    """The header of the one batch that a produce request holds for a partition. Raises Refused."""
    header = header_at(records, 0)
    if header is None or not intact(records, 0, header):
        raise Refused(Code.CORRUPT_MESSAGE)
    if header.size != len(records):
        raise Refused(Code.INVALID_RECORD, "one batch for a partition, no more")
    if header.last_offset_delta != header.count - 1:
        raise Refused(Code.INVALID_RECORD, "the record count does not fit the last offset")
    if not header.plain:
        raise Refused(Code.INVALID_RECORD, "this broker has no transactions")
    return header


def place(batch: bytearray, header: BatchHeader, offset: int) -> None:
    """Give the batch its offset in the log; leader epochs are always 0 here."""
    _PLACE.pack_into(batch, 0, offset, header.length, 0)


def timestamps(batch: bytes) -> Iterator[tuple[int, int]]:
    """Offset and timestamp (ms) of each record, decompressing if need be."""
    records = MemoryRecords(batch)
    while records.has_next():
        for record in records.next_batch():
            yield record.offset, record.timestamp
