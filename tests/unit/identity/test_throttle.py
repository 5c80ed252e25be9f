"""Failed attempts slow down the next ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.identity import (
    FORGET,
    REMEMBER,
    Attempts,
    Limit,
    failed,
    household,
    keys_of,
    longest,
    remembered,
    wait,
)

PAIR, ACCOUNT, ADDRESS = (limit for limit, _ in keys_of("u1", "192.0.2.1"))


def after(count: int) -> Attempts:
    return Attempts("k", count, 0.0)


@pytest.mark.parametrize("limit", [PAIR, ACCOUNT, ADDRESS], ids=lambda limit: str(limit.kind))
def test_a_few_are_free_and_then_each_costs_more(limit: Limit) -> None:
    waits = [wait(limit, after(count), 0.0) for count in range(100)]
    assert (waits[limit.free - 1], waits[limit.free], waits[-1]) == (0, 1, limit.most)
    assert all(one <= two for one, two in pairwise(waits))


def test_a_stranger_s_guesses_do_not_lock_the_owner_out_for_long() -> None:
    assert wait(ACCOUNT, after(1_000_000), 0.0) <= 30
    assert wait(PAIR, after(1_000_000), 0.0) == 900


def test_strangers_do_not_keep_the_owner_out_at_home() -> None:
    counted = [(PAIR, Attempts("p")), (ACCOUNT, after(1_000)), (ADDRESS, Attempts("a"))]
    assert longest(counted, None, 0.0) == 30
    assert longest(counted, remembered("k", 0.0), 0.0) == 0
    assert (
        longest([(ACCOUNT, Attempts("c", 1_000, REMEMBER)), *counted], remembered("k", 0.0), REMEMBER) == 30
    )
    assert longest([(PAIR, after(1_000)), *counted], remembered("k", 0.0), 0.0) == 900, "guesses at home"


@given(st.integers(0, 10**9), st.floats(0, 10 * FORGET))
def test_a_wait_ends(count: int, later: float) -> None:
    for limit in (PAIR, ACCOUNT, ADDRESS):
        left = wait(limit, after(count), later)
        assert 0 <= left <= limit.most
        if later >= limit.most:
            assert left == 0


def test_old_failures_are_forgotten() -> None:
    assert failed(Attempts("k", 9, 0.0), FORGET).count == 1
    assert failed(Attempts("k", 9, 0.0), FORGET - 1).count == 10


def test_counts_do_not_say_whose_they_are() -> None:
    keys = [key for _, key in keys_of("ann", "192.0.2.1")]
    assert len(set(keys)) == 3
    assert not any("ann" in key or "192" in key for key in keys)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix:/x", "unix:/x")],
)
def test_one_household(one: str, other: str) -> None:
    assert household(one) == household(other)


def test_other_households() -> None:
    assert household("2001:db8:1:2::1") != household("2001:db8:1:3::1")
    assert household("192.0.2.1") != household("192.0.2.2")
