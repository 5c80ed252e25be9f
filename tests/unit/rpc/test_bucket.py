"""How many refusals a method tells of."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from protomesh.rpc.interceptors.denials import Bucket

PAUSES = st.lists(st.floats(0, 2) | st.just(0.0), max_size=200)


@given(rate=st.integers(1, 20), pauses=PAUSES)
def test_no_more_than_the_rate_in_any_second(rate: int, pauses: list[float]) -> None:
    """In a time of t seconds at most rate * t, and what may come at once."""
    bucket = Bucket(rate, 0.0)
    taken = [now for now in accumulate(pauses) if bucket.take(now)]
    for at, first in enumerate(taken):
        for count, last in enumerate(taken[at:], start=1):
            assert count <= rate * (last - first) + rate + 1e-6, (first, last)


@given(rate=st.integers(1, 20), pauses=PAUSES)
def test_who_waited_long_enough_is_let_through(rate: int, pauses: list[float]) -> None:
    bucket, now = Bucket(rate, 0.0), 0.0
    for pause in pauses:
        now += pause
        bucket.take(now)
        now += 1.001 / rate
        assert bucket.take(now)


def test_an_empty_bucket() -> None:
    bucket = Bucket(3, 10.0)
    assert [bucket.take(10.0) for _ in range(5)] == [True, True, True, False, False]
    assert not bucket.take(10.3)
    assert bucket.take(10.4)
    assert [bucket.take(100.0) for _ in range(5)] == [True, True, True, False, False]
