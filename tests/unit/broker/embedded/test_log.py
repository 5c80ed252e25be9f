"""The partition log: appending, reading, idempotence, recovery, retention."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kafka.record import MemoryRecords

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.log import LogLimits, PartitionLog
from tests.unit.broker.embedded.batches import GZIP, batch


def open_log(directory: Path, limits: LogLimits | None = None, *, fsync: bool = False) -> PartitionLog:
    return PartitionLog(directory, limits or LogLimits(), fsync=fsync)


def values(log: PartitionLog, offset: int = 0) -> list[tuple[int, bytes]]:
    """Everything from `offset` on, read as a client reads it."""
    found: list[tuple[int, bytes]] = []
    while offset < log.end:
        records = MemoryRecords(log.read(offset, 1, least_one=True))
        while records.has_next():
            batch_records = records.next_batch()
            found += [(record.offset, record.value) for record in batch_records if record.offset >= offset]
        offset = found[-1][0] + 1
    return found


def refusal(log: PartitionLog, data: bytes) -> Code:
    with pytest.raises(Refused) as caught:
        log.append(data)
    return caught.value.code


def test_offsets_go_on_over_batches_and_lives(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert [
        log.append(batch([b"a", b"b"])),
        log.append(batch([b"c"])),
        log.append(batch([b"d"], codec=GZIP)),
    ] == [0, 2, 3]
    log.close()
    log = open_log(tmp_path)
    assert log.append(batch([b"e"])) == 4
    assert values(log) == [(0, b"a"), (1, b"b"), (2, b"c"), (3, b"d"), (4, b"e")]


def test_reads_are_whole_batches_within_their_size(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    one = batch([b"x" * 100])
    for _ in range(10):
        log.append(one)
    assert len(log.read(0, 3 * len(one), least_one=False)) == 3 * len(one)
    assert log.read(0, len(one) - 1, least_one=False) == b""
    assert len(log.read(0, 1, least_one=True)) == len(one)
    assert log.read(10, 1000, least_one=True) == b""
    assert log.waiting_bytes(8, 10**6) == 2 * len(one)


def test_what_is_no_batch_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    good = batch([b"value"])
    flipped = bytearray(good)
    flipped[-1] ^= 1
    assert refusal(log, bytes(flipped)) is Code.CORRUPT_MESSAGE
    assert refusal(log, good[:-1]) is Code.CORRUPT_MESSAGE
    assert refusal(log, b"") is Code.CORRUPT_MESSAGE
    assert refusal(log, good + good) is Code.INVALID_RECORD
    assert refusal(log, batch([b"x" * 2_000_000])) is Code.MESSAGE_TOO_LARGE
    assert log.end == 0


@given(st.binary(max_size=300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    log = open_log(tmp_path)
    with pytest.raises(Refused):
        log.append(data)
    log.close()


def test_a_repeated_batch_is_answered_and_not_written(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    first, second = batch([b"a", b"b"], 7, 0, 0), batch([b"c"], 7, 0, 2)
    assert (log.append(first), log.append(second)) == (0, 2)
    assert (log.append(first), log.append(second)) == (0, 2)
    log.close()
    log = open_log(tmp_path)
    assert (log.append(first), log.append(second)) == (0, 2), "the table is rebuilt from the log"
    assert log.end == 3


def test_gaps_and_old_epochs_are_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(batch([b"a"], 7, 1, 0))
    assert refusal(log, batch([b"c"], 7, 1, 2)) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert refusal(log, batch([b"b"], 7, 0, 1)) is Code.INVALID_PRODUCER_EPOCH
    assert refusal(log, batch([b"b"], 7, 2, 1)) is Code.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert log.append(batch([b"b"], 7, 2, 0)) == 1, "a new epoch begins at zero"
    assert log.append(batch([b"x"], 8, 0, 5)) == 2, "a producer that is not known may begin anywhere"


def test_sequences_wrap(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(batch([b"a"], 7, 0, 2**31 - 1))
    assert log.append(batch([b"b"], 7, 0, 0)) == 1


@given(cut=st.integers(1, 400), noise=st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_a_torn_tail_is_cut(tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes) -> None:
    directory = tmp_path_factory.mktemp("log")
    log = open_log(directory)
    sizes = [len(batch([str(n).encode() * 5])) for n in range(5)]
    for n in range(5):
        log.append(batch([str(n).encode() * 5]))
    log.close()
    (file,) = directory.glob("*.log")
    whole = file.read_bytes()
    left = whole[: max(0, len(whole) - cut)] + noise
    file.write_bytes(left)
    log = open_log(directory)
    good = 0
    while good < 5 and left.startswith(whole[: sum(sizes[: good + 1])]):  # noise may be what was cut
        good += 1
    assert [value for _, value in values(log)] == [str(n).encode() * 5 for n in range(good)]
    assert file.stat().st_size == sum(sizes[:good]), "nothing of the torn batch is left"
    assert log.append(batch([b"next"])) == good
    log.close()


def test_a_flipped_bit_near_the_end_is_found(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for _ in range(3):
        log.append(batch([b"value"]))
    log.close()
    (file,) = tmp_path.glob("*.log")
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert open_log(tmp_path).end == 2


def test_segments_roll_and_old_ones_go(tmp_path: Path) -> None:
    one = batch([b"x" * 100])
    log = open_log(tmp_path, LogLimits(segment_bytes=3 * len(one), retention_bytes=4 * len(one)))
    for _ in range(10):
        log.append(one)
    assert len(list(tmp_path.glob("*.log"))) == 4
    log.retain(0)
    assert log.start == 6, "a segment goes while what is behind it is enough"
    assert [offset for offset, _ in values(log, log.start)] == list(range(6, 10))
    log.close()
    log = open_log(tmp_path)
    assert (log.start, log.end) == (6, 10)


def test_retention_by_time_takes_even_the_newest_segment(tmp_path: Path) -> None:
    log = open_log(tmp_path, LogLimits(retention_ms=500))
    log.append(batch([b"a"], first_ms=1000))
    log.append(batch([b"b"], first_ms=1400))
    log.retain(1899)
    assert log.start == 0
    log.retain(1901)
    assert (log.start, log.end) == (2, 2)
    assert log.append(batch([b"c"], first_ms=2000)) == 2
    log.close()
    log = open_log(tmp_path)
    assert (log.start, log.end) == (2, 3)


def test_delete_before(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for value in (b"a", b"b", b"c"):
        log.append(batch([value]))
    assert log.delete_before(2) == 2
    assert log.delete_before(1) == 2, "never back"
    with pytest.raises(Refused):
        log.delete_before(4)
    log.close()
    log = open_log(tmp_path)
    assert (log.start, log.end) == (2, 3)
    assert log.delete_before(-1) == 3


def test_search_by_time(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(batch([b"a", b"b", b"c"], first_ms=1000))
    log.append(batch([b"d", b"e"], first_ms=2000, codec=GZIP))
    assert log.first_since(0) == (0, 1000)
    assert log.first_since(1002) == (2, 1002)
    assert log.first_since(1003) == (3, 2000)
    assert log.first_since(2001) == (4, 2001)
    assert log.first_since(2002) is None
    assert log.newest() == (4, 2001)


def test_a_disk_that_is_full_refuses_and_leaves_the_log_whole(tmp_path: Path) -> None:
    log = open_log(tmp_path, LogLimits(segment_bytes=1))
    log.append(batch([b"a"]))
    # The next segment's name is taken by a directory: opening it fails as on a disk that takes no more.
    (tmp_path / f"{1:020d}.log").mkdir()
    assert refusal(log, batch([b"b"])) is Code.KAFKA_STORAGE_ERROR
    (tmp_path / f"{1:020d}.log").rmdir()
    assert log.append(batch([b"b"])) == 1
    assert values(log) == [(0, b"a"), (1, b"b")]


def test_fsync_keeps_the_same_log(tmp_path: Path) -> None:
    log = open_log(tmp_path, fsync=True)
    log.append(batch([b"a"]))
    log.delete_before(1)
    log.close()
    assert open_log(tmp_path, fsync=True).start == 1


def test_watchers_hear_of_appends_and_of_the_end(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    heard: list[int] = []

    def wake() -> None:
        heard.append(log.end)
        log.unwatch(wake)

    log.watch(wake)
    log.append(batch([b"a"]))
    log.append(batch([b"b"]))
    assert heard == [1]
    log.watch(wake)
    log.close()
    assert heard == [1, 2]


def test_what_events_say_is_for_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        log = open_log(tmp_path)
        log.append(batch([b"a"]))
        modes = {file.suffix: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes[".log"] == 0o600, modes
