"""Dead letters: the bytes as they were, and our headers once."""

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.broker import Acknowledged, Message, Producer, Record, TopicSpec
from protomesh.errors import InvalidArgument, MeshError, NotFound, PermissionDenied, Unavailable
from protomesh.functions import DeadLetters, Event, FunctionContext, dead_letter, function, spec_of
from protomesh.functions.dead_letters import Burial, Stuck
from protomesh.testing import FakeClock, MemoryBroker
from shop_pb.shop.users.v1.users_pb2 import User


@function(topic="users", type="t")
def greet(event: Event[User], ctx: FunctionContext) -> None:
    """Does nothing."""


SPEC = spec_of(greet)
RECORD = Record(
    "users", 3, 7, 1_000, b"k\xff", b"v\x00", (("ce_id", b"e1"), ("x", b""), ("x", b"2"), ("", b"\xff"))
)
BURIAL = Burial(RECORD, 6, "it failed", 1_700_000_000.5)


def test_key_value_and_headers_are_kept_byte_for_byte_and_ours_come_behind() -> None:
    letter = dead_letter(SPEC, BURIAL)
    assert (letter.topic, letter.key, letter.value) == ("fn.greet.dlq", RECORD.key, RECORD.value)
    assert letter.headers[:4] == RECORD.headers
    assert dict(letter.headers[4:]) == {
        "x-dlq-topic": b"users",
        "x-dlq-partition": b"3",
        "x-dlq-offset": b"7",
        "x-dlq-attempts": b"6",
        "x-dlq-reason": b"it failed",
        "x-dlq-group": b"fn.greet",
        "x-dlq-time": b"2023-11-14T22:13:20.500000Z",
    }


headers = st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8)), max_size=5).map(tuple)


@given(st.none() | st.binary(max_size=9), st.none() | st.binary(max_size=9), headers, st.integers(1, 4))
def test_burying_again_replaces_our_headers(
    key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...], times: int
) -> None:
    record = replace(RECORD, key=key, value=value, headers=headers)
    for round_ in range(times):
        letter = dead_letter(SPEC, replace(BURIAL, record=record, attempts=round_))
        record = replace(record, key=letter.key, value=letter.value, headers=letter.headers)
    names = [name for name, _ in record.headers if name.startswith("x-dlq-")]
    assert len(names) == len(set(names))
    foreign = [tuple(h for h in each if not h[0].startswith("x-dlq-")) for each in (record.headers, headers)]
    assert foreign[0] == foreign[1]
    assert (record.key, record.value) == (key, value) or (key is None and value is None)


def test_a_reason_is_cut_and_holds_no_token() -> None:
    reason = "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl " + "ä" * 1000
    written = dict(dead_letter(SPEC, replace(BURIAL, reason=reason)).headers)["x-dlq-reason"]
    assert len(written) <= 500
    assert b"eyJ" not in written
    assert written.decode().startswith("[redacted] ä")


@pytest.fixture
def broker() -> MemoryBroker:
    broker = MemoryBroker(FakeClock())
    broker.admin().create([TopicSpec("fn.greet.dlq", 1)])
    return broker


@pytest.fixture
def letters(broker: MemoryBroker) -> DeadLetters:
    return DeadLetters(SPEC, broker.producer(), FakeClock(), wait=0.0)


def test_a_letter_is_written_once_though_its_acknowledgement_was_late(
    broker: MemoryBroker, letters: DeadLetters
) -> None:
    broker.go_away()
    for _ in range(3):
        with pytest.raises(Unavailable):
            letters.write(BURIAL)
    assert (letters.pending(RECORD), letters.tries(RECORD), letters.written) == (BURIAL, 3, 0)
    assert letters.stuck() == Stuck(1, "not acknowledged yet")
    broker.come_back()
    letters.write(BURIAL)
    assert len(broker.records("fn.greet.dlq")) == 1
    assert (letters.pending(RECORD), letters.tries(RECORD), letters.written) == (None, 0, 1)
    assert letters.stuck() == Stuck(0, "")


REFUSALS = [
    InvalidArgument("too large"),
    NotFound("no topic"),
    PermissionDenied("not yours"),
    Unavailable("no"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_refused_letter_is_sent_again(
    broker: MemoryBroker, letters: DeadLetters, refusal: MeshError
) -> None:
    broker.refusing["fn.greet.dlq"] = refusal
    for tries in range(1, 4):
        with pytest.raises(type(refusal), match=refusal.message):
            letters.write(BURIAL)
        assert letters.tries(RECORD) == tries
        assert letters.stuck() == Stuck(1, refusal.message)
    broker.refusing.clear()
    letters.write(BURIAL)
    assert len(broker.records("fn.greet.dlq")) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_a_letter_never_taken_keeps_back_no_other(order: list[tuple[int, bool]]) -> None:
    """Tries in any order, of letters large and small: the small ones are written at their first try."""
    broker = MemoryBroker(FakeClock())
    broker.admin().create([TopicSpec("fn.greet.dlq", 1, {"max.message.bytes": "1000"})])
    letters = DeadLetters(SPEC, broker.producer(), FakeClock(), wait=0.0)
    written, stuck = set(), set()
    for offset, large in order:
        at = offset + 100 * large
        burial = replace(BURIAL, record=replace(RECORD, offset=at, value=b"x" * (2000 if large else 1)))
        if large:
            with pytest.raises(InvalidArgument, match="takes 1000"):
                letters.write(burial)
            stuck.add(at)
        elif at not in written:
            letters.write(burial)
            written.add(at)
    assert len(broker.records("fn.greet.dlq")) == len(written) == letters.written
    assert letters.stuck().count == len(stuck)


def test_one_letter_at_a_time_and_the_others_say_that_they_wait(broker: MemoryBroker) -> None:
    class Slow:
        """Answers nothing until it is told to."""

        def __init__(self, inner: Producer) -> None:
            self._inner = inner
            self.asked = threading.Event()
            self.go_on = threading.Event()

        def send(self, message: Message, done: Acknowledged) -> None:
            self.asked.set()
            assert self.go_on.wait(60), "nobody let it go on"
            self._inner.send(message, done)

        def partitions(self, topic: str) -> int:
            return self._inner.partitions(topic)

        def flush(self, timeout: float) -> None:
            self._inner.flush(timeout)

        def close(self) -> None:
            self._inner.close()

    slow = Slow(broker.producer())
    letters = DeadLetters(SPEC, slow, FakeClock(), wait=0.01)
    first = threading.Thread(target=letters.write, args=(BURIAL,))
    first.start()
    assert slow.asked.wait(60)
    other = replace(BURIAL, record=replace(RECORD, offset=8))
    with pytest.raises(Unavailable, match="wait before it"):
        letters.write(other)
    slow.go_on.set()
    first.join(60)
    letters.write(other)
    assert letters.written == 2


def test_letters_of_partitions_long_gone_do_not_count_as_stuck(broker: MemoryBroker) -> None:
    clock = FakeClock()
    letters = DeadLetters(SPEC, broker.producer(), clock, wait=0.0)
    broker.go_away()
    with pytest.raises(Unavailable):
        letters.write(BURIAL)
    clock.advance(3_600)
    assert letters.stuck() == Stuck(0, "")
