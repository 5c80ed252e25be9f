"""Rows out of the outbox, lowest first, and only those removed that were named."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from protomesh.store import SqlDatabase, depth, lowest, remove
from protomesh.store.outbox import _runs
from protomesh.testing import FakeClock
from tests.unit.store.parts import names, outbox, pending


def fill(database: SqlDatabase, count: int) -> list[int]:
    with database.unit_of_work() as work:
        for number in range(count):
            work.add(pending(f"e{number}"))
    return [row.id for row in outbox(database)]


def test_lowest_first_and_no_more_than_asked(database: SqlDatabase) -> None:
    ids = fill(database, 7)
    assert ids == sorted(ids)
    with database.unit_of_work(read_only=True) as work:
        assert [row.id for row in lowest(work.tx, 3)] == ids[:3]


def test_only_named_rows_are_removed(database: SqlDatabase) -> None:
    ids = fill(database, 9)
    for gone in ([], [ids[4]], [ids[8], ids[0], ids[1]], [ids[1], 999_999]):
        with database.unit_of_work() as work:
            remove(work.tx, gone)
    assert names(database) == ["e2", "e3", "e5", "e6", "e7"]


def test_an_id_is_never_given_twice(database: SqlDatabase) -> None:
    """An acknowledged row is deleted by its id: a new row must not be deleted in its stead."""
    ids = fill(database, 3)
    with database.unit_of_work() as work:
        remove(work.tx, ids)
    assert min(fill(database, 1)) > max(ids)


def test_depth_and_the_age_of_the_oldest(database: SqlDatabase, clock: FakeClock) -> None:
    with database.unit_of_work(read_only=True) as work:
        assert depth(work.tx) == (0, None)
    first = clock.now()
    fill(database, 2)
    clock.advance(60)
    fill(database, 1)
    with database.unit_of_work(read_only=True) as work:
        assert depth(work.tx) == (3, first)


@given(st.sets(st.integers(min_value=0, max_value=60)))
def test_runs_hold_all_ids_and_no_other(ids: set[int]) -> None:
    runs = _runs(sorted(ids))
    assert {each for low, high in runs for each in range(low, high + 1)} == ids
    assert all(one[1] + 1 < other[0] for one, other in pairwise(runs)), "neighbours are in one run"
