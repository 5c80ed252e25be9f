"""A partition: segments, an index of batches in memory, and whoever waits for more."""

import bisect
import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.log.batch import BatchHeader, place, the_batch, timestamps
from protomesh.broker.embedded.log.producers import ProducerTable
from protomesh.broker.embedded.log.recovery import recover
from protomesh.broker.embedded.log.segment import SUFFIX, Segment, sync_directory

LATEST = -1
"""In delete_before: everything there is."""


@dataclass(frozen=True, slots=True)
class LogLimits:
    """A topic's settings as its logs need them; times in ms, sizes in bytes, -1 for no limit."""

    segment_bytes: int = 64 * 1024 * 1024
    message_bytes: int = 1024 * 1024 + 12
    retention_ms: int = -1
    retention_bytes: int = -1


@dataclass(frozen=True, slots=True)
class _Batch:
    base: int
    last: int
    position: int
    size: int
    newest: int
    segment: Segment


class PartitionLog:
    """Offsets from `start` (inclusive) to `end` (exclusive). Recovers itself from `directory` when made."""

    def __init__(self, directory: Path, limits: LogLimits, *, fsync: bool) -> None:
        self.limits = limits
        self.start = 0
        self.end = 0
        self._directory = directory
        self._fsync = fsync
        self._segments: list[Segment] = []
        self._batches: list[_Batch] = []
        self._lasts: list[int] = []
        self._producers = ProducerTable()
        self._watchers: set[Callable[[], None]] = set()
        directory.mkdir(parents=True, exist_ok=True)
        self._recover()

    def append(self, batch: bytes) -> int:
        """Write the batch; returns the offset of its first record.

        One that is there already is not written again. Raises Refused: too large, corrupt, out of order,
        fenced, or the disk would not take it.
        """
        if len(batch) > self.limits.message_bytes:
            raise Refused(Code.MESSAGE_TOO_LARGE, f"{len(batch)} bytes, at most {self.limits.message_bytes}")
        header = the_batch(batch)
        offset = self._producers.seen_at(header)
        if offset is None:
            offset = self._write(bytearray(batch), header)
            self._wake()
        return offset

    def read(self, offset: int, most: int, *, least_one: bool) -> bytes:
        """Whole batches from the one that holds `offset`, together at most `most` bytes.

        With `least_one` the first comes even when it is larger, so that no reader is ever stuck.
        """
        at = bisect.bisect_left(self._lasts, offset)
        if at == len(self._batches):
            return b""
        first = self._batches[at]
        if first.size > most and not least_one:
            return b""
        size = first.size
        for batch in itertools.islice(self._batches, at + 1, None):
            if batch.segment is not first.segment or size + batch.size > most:
                break
            size += batch.size
        return first.segment.read(first.position, size)

    def waiting_bytes(self, offset: int, enough: int) -> int:
        """How many bytes a read from `offset` could get, counted no further than `enough`."""
        at = bisect.bisect_left(self._lasts, offset)
        total = 0
        while at < len(self._batches) and total < enough:
            total += self._batches[at].size
            at += 1
        return total

    def first_since(self, timestamp: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record not older than `timestamp` (ms)."""
        for batch in self._batches:
            if batch.newest < timestamp or batch.last < self.start:
                continue
            for offset, written in timestamps(batch.segment.read(batch.position, batch.size)):
                if written >= timestamp and offset >= self.start:
                    return offset, written
        return None

    def newest(self) -> tuple[int, int] | None:
        """Last offset and timestamp of the batch with the largest timestamp (KIP-734, to the batch)."""
        batch = max(self._batches, key=lambda one: one.newest, default=None)
        return None if batch is None else (batch.last, batch.newest)

    def delete_before(self, offset: int) -> int:
        """Raise `start` to `offset`; whole segments leave the disk. Returns the new start, raises Refused."""
        wanted = self.end if offset == LATEST else offset
        if not 0 <= wanted <= self.end:
            raise Refused(Code.OFFSET_OUT_OF_RANGE)
        if wanted > self.start:
            self.start = wanted
            self._save_start()
            self._trim()
        return self.start

    def retain(self, now_ms: int) -> None:
        """Delete what is too old or too much. The newest segment goes only when all of it is too old."""
        oldest = now_ms - self.limits.retention_ms
        if self.limits.retention_ms >= 0:
            while self._batches and self._newest_in_first() < oldest:
                if len(self._segments) == 1:
                    self._roll()
                self.delete_before(self._segments[1].base)
        if self.limits.retention_bytes >= 0:
            while len(self._segments) > 1 and self._bytes_behind_first() >= self.limits.retention_bytes:
                self.delete_before(self._segments[1].base)

    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` at every append, and when the log is closed, until `unwatch`."""
        self._watchers.add(wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Undo `watch`."""
        self._watchers.discard(wake)

    def close(self) -> None:
        """Wake whoever waits; the files stay."""
        self._wake()
        for segment in self._segments:
            segment.close()
        self._segments.clear()
        self._batches.clear()
        self._lasts.clear()

    def _write(self, batch: bytearray, header: BatchHeader) -> int:
        offset = self.end
        place(batch, header, offset)
        try:
            segment = self._segments[-1] if self._segments else self._roll()
            if segment.size and segment.size + header.size > self.limits.segment_bytes:
                segment = self._roll()
            position = segment.append(memoryview(batch))
        except OSError as error:
            raise Refused(Code.KAFKA_STORAGE_ERROR, str(error)) from error
        self._index(segment, position, header, offset)
        return offset

    def _index(self, segment: Segment, position: int, header: BatchHeader, offset: int) -> None:
        last = offset + header.last_offset_delta
        self._batches.append(_Batch(offset, last, position, header.size, header.max_timestamp, segment))
        self._lasts.append(last)
        self.end = last + 1
        self._producers.wrote(header, offset)

    def _roll(self) -> Segment:
        self._segments.append(Segment(self._directory, self.end, fsync=self._fsync))
        return self._segments[-1]

    def _trim(self) -> None:
        while len(self._segments) > 1 and self._segments[1].base <= self.start:
            self._segments.pop(0).delete()
            gone = bisect.bisect_left(self._lasts, self._segments[0].base)
            del self._batches[:gone], self._lasts[:gone]

    def _newest_in_first(self) -> int:
        first = self._segments[0]
        inside = itertools.takewhile(lambda batch: batch.segment is first, self._batches)
        return max((batch.newest for batch in inside), default=-1)

    def _bytes_behind_first(self) -> int:
        return sum(segment.size for segment in self._segments[1:])

    def _wake(self) -> None:
        for wake in tuple(self._watchers):
            wake()

    @property
    def _start_file(self) -> Path:
        return self._directory / "start.json"

    def _save_start(self) -> None:
        fresh = self._start_file.with_suffix(".new")
        fresh.write_text(json.dumps(self.start))
        if self._fsync:
            with fresh.open() as file:
                os.fsync(file.fileno())
        fresh.replace(self._start_file)
        if self._fsync:
            sync_directory(self._directory)

    def _recover(self) -> None:
        bases = sorted(int(file.stem) for file in self._directory.glob(f"*{SUFFIX}"))
        for base in bases:
            segment = Segment(self._directory, base, fsync=self._fsync)
            self._segments.append(segment)
            self.end = max(self.end, base)
            for position, header in recover(segment):
                self._index(segment, position, header, header.base_offset)
        self.start = bases[0] if bases else 0
        if self._start_file.exists():
            self.start = max(self.start, int(json.loads(self._start_file.read_text())))
            self.end = max(self.end, self.start)
        self._trim()
