"""The small pure parts: durations, retries, delays, backpressure, struggles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.broker import Partition
from protomesh.errors import ConfigError
from protomesh.lanes import Limits, Retries, seconds
from protomesh.lanes.delays import Delays
from protomesh.lanes.flow import Flow
from protomesh.lanes.load import Load
from protomesh.lanes.struggles import Struggles

A, B = Partition("t", 0), Partition("t", 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("1.5m", 90.0),
        ("12h", 43200.0),
        ("7d", 604800.0),
        (3, 3.0),
        (0.25, 0.25),
    ],
)
def test_durations(text: str | float, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "wrong", ["", "5", "5 s", "-1s", "1s30", "5weeks", -1, float("nan"), float("inf"), True]
)
def test_wrong_durations_say_how_to_write_them(wrong: str | float) -> None:
    with pytest.raises(ConfigError, match=r"is no duration \("):
        seconds(wrong)


def test_waits_grow_up_to_the_longest() -> None:
    retries = Retries(6, first="1s", most="10s", jitter=0)
    assert [retries.delay(attempt, 0.5) for attempt in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert [retries.exhausted(attempt) for attempt in (1, 6, 7)] == [False, False, True]


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(1, 100), st.floats(0, 1))
def test_a_wait_is_never_longer_than_most(attempt: int, chance: float, factor: float, jitter: float) -> None:
    assert 0 <= Retries(3, factor=factor, jitter=jitter).delay(attempt, chance) <= 300


@pytest.mark.parametrize(
    "wrong", [{"max": -1}, {"max": 1.5}, {"first": "2h"}, {"factor": 0.5}, {"jitter": 2}, {"most": "soon"}]
)
def test_wrong_retries_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Retries(**wrong)  # type: ignore[arg-type]  # that is the point


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_delays_come_out_when_due_in_order(dues: list[int], now: int) -> None:
    delays: Delays[tuple[int, int]] = Delays()
    for index, due in enumerate(dues):
        delays.add(due, (due, index))
    out = list(delays.due(now))
    assert out == sorted((due, index) for index, due in enumerate(dues) if due <= now)
    assert len(delays) == len(dues) - len(out)
    assert delays.next == min((due for due in dues if due > now), default=None)


def load(waiting: int = 0, span: int = 0, size: int = 0) -> Load:
    return Load({A: waiting, B: 0}, {A: span, B: 0}, size, running=0, retrying=0, oldest=None)


def test_a_partition_pauses_at_a_limit_and_goes_on_at_half_of_it() -> None:
    for field in ("waiting", "span"):
        flow = Flow(Limits(waiting=10, window=10))
        paused = [flow.paused(load(**{field: count})) for count in (9, 10, 6, 5, 9, 10)]
        assert paused == [set(), {A}, {A}, set(), set(), {A}], field


def test_a_wide_span_does_not_keep_a_pause_that_had_another_reason() -> None:
    flow = Flow(Limits(waiting=10, window=20))
    assert flow.paused(load(waiting=10, span=15)) == {A}
    assert flow.paused(load(waiting=1, span=15)) == set()


def test_too_many_bytes_pause_every_partition() -> None:
    flow = Flow(Limits(size=100))
    assert [flow.paused(load(size=size)) for size in (99, 100, 50, 49)] == [set(), {A, B}, {A, B}, set()]


def test_struggles_remember_a_bounded_number_abroad() -> None:
    struggles = Struggles()
    for offset in range(10_010):
        struggles.failed(A, offset, 1, 0.0)
    struggles.failed(B, 0, 2, 5.0)
    struggles.trim({A})
    assert len(struggles) == 10_011
    struggles.trim({B})
    assert (len(struggles), struggles.get(A, 0)) == (10_001, None)
    struggles.forget_below(A, 10_009)
    assert struggles.get(A, 10_009) is not None
    struggles.over(A, 10_009)
    assert len(struggles) == 1
