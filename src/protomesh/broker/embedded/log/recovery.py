"""What a log's files hold, found out at start.

A kill can tear only the end of the newest file. Headers are read all the way, checksums from the last
`CHECKED_TAIL` bytes on; at the first batch that is not whole the file ends.
"""

import logging
from collections.abc import Iterator

from protomesh.broker.embedded.log.batch import BATCH_OVERHEAD, BatchHeader, header_at, intact
from protomesh.broker.embedded.log.segment import Segment

CHECKED_TAIL = 4 * 1024 * 1024
_CHUNK = 1024 * 1024

_LOG = logging.getLogger(__name__)


def recover(segment: Segment) -> Iterator[tuple[int, BatchHeader]]:
    """Position and header of each good batch; afterwards the file holds nothing else."""
    position = 0
    buffer, start = b"", 0
    total = segment.size
    expected = segment.base
    while position < total:
        if position + BATCH_OVERHEAD > start + len(buffer):
            buffer, start = segment.read(position, _CHUNK), position
        header = _whole(segment, buffer, position - start, position, total)
        if header is None or header.base_offset < expected:
            break
        yield position, header
        expected = header.base_offset + header.last_offset_delta + 1
        position += header.size
    if position < total:
        _LOG.warning("%s: torn tail, %d bytes cut", segment.path, total - position)
        segment.cut(position)


def _whole(segment: Segment, buffer: bytes, at: int, position: int, total: int) -> BatchHeader | None:
    """The header at `position`, if its batch ends in the file and, near the end, has the right checksum."""
    found = header_at(buffer, at)
    if found is None:
        # Either no batch, or one that reaches beyond what has been read.
        alone = segment.read(position, BATCH_OVERHEAD)
        if len(alone) < BATCH_OVERHEAD:
            return None
        size = int.from_bytes(alone[8:12], "big") + 12
        if not BATCH_OVERHEAD <= size <= total - position:
            return None
        buffer, at = segment.read(position, size), 0
        found = header_at(buffer, at)
    if found is None:
        return None
    checked = total - position <= CHECKED_TAIL
    return found if not checked or intact(buffer, at, found) else None
