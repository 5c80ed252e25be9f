"""How many calls may run at a time."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import ResourceExhausted
from protomesh.rpc import Limits
from protomesh.rpc.admission import AdmissionPool
from protomesh.rpc.width import FEWEST, adjusted
from protomesh.testing import eventually

MOST = 32
SHARES = st.floats(0, 4)
LOOKS = st.lists(st.tuples(SHARES, st.integers(0, 50)), max_size=50)


def test_threads_that_wait_are_joined_by_others() -> None:
    assert adjusted(4, MOST, used=0.1, finished=3) == 8
    assert adjusted(24, MOST, used=0.1, finished=3) == MOST


def test_threads_that_compute_are_not() -> None:
    assert adjusted(4, MOST, used=1.0, finished=3) == 4
    assert adjusted(32, MOST, used=1.0, finished=3) == 16


def test_others_go_on_where_nothing_ends_however_busy_the_process_is() -> None:
    assert adjusted(4, MOST, used=1.0, finished=0) == 8


@given(looks=LOOKS, most=st.integers(1, 64))
def test_the_width_stays_in_its_bounds(looks: list[tuple[float, int]], most: int) -> None:
    width = min(FEWEST, most)
    for used, finished in looks:
        width = adjusted(width, most, used, finished)
        assert min(FEWEST, most) <= width <= most


@given(used=SHARES, most=st.integers(1, 64))
def test_a_server_that_hangs_gets_all_its_threads(used: float, most: int) -> None:
    width = min(FEWEST, most)
    for _ in range(6):
        width = adjusted(width, most, used, finished=0)
    assert width == most


class Crowd:
    """Tasks that wait until they are let go, on a pool of their own."""

    def __init__(self, limits: Limits) -> None:
        self.pool = AdmissionPool(limits)
        self.inside = 0
        self.refused = 0
        self.ended: list[Any] = []
        self._lock = threading.Lock()
        self._open = threading.Event()

    def start(self, stream: bool = False) -> Any:
        task = self.pool.submit(self._stream if stream else self._wait)
        task.add_done_callback(self.ended.append)
        return task

    def open(self) -> None:
        self._open.set()

    def _wait(self) -> None:
        try:
            self.pool.refuse_if_full()
        except ResourceExhausted:
            self.refused += 1
            return
        with self._lock:
            self.inside += 1
        assert self._open.wait(60)

    def _stream(self) -> None:
        self.pool.open_stream()
        try:
            self._wait()
        finally:
            self.pool.close_stream()


@pytest.fixture
def crowd() -> Iterator[Callable[[Limits], Crowd]]:
    crowds: list[Crowd] = []

    def make(limits: Limits) -> Crowd:
        crowds.append(Crowd(limits))
        return crowds[-1]

    yield make
    for each in crowds:
        each.open()
        each.pool.shutdown(cancel_futures=True)


Make = Callable[[Limits], Crowd]


def test_calls_that_wait_for_something_get_all_threads(crowd: Make) -> None:
    many = crowd(Limits(threads=16, waiting=100, streams=1))
    tasks = [many.start() for _ in range(20)]
    eventually(lambda: many.inside == 16)
    many.open()
    eventually(lambda: len(many.ended) == len(tasks))
    assert many.inside == 20


def test_beyond_threads_and_waiting_calls_are_refused_and_no_others(crowd: Make) -> None:
    few = crowd(Limits(threads=2, waiting=3, streams=1))
    for _ in range(9):
        few.start()
    eventually(lambda: few.refused == 4)
    few.open()
    eventually(lambda: few.inside == 5 and len(few.ended) == 9)
    few.start()
    eventually(lambda: few.inside == 6)


def test_streams_take_no_place_of_unary_calls(crowd: Make) -> None:
    """However many are open: the call after them starts at once, and all that waited too."""
    mixed = crowd(Limits(threads=1, waiting=20, streams=8))
    for _ in range(8):
        mixed.start(stream=True)
    eventually(lambda: mixed.inside == 8)
    mixed.start()
    eventually(lambda: mixed.inside == 9)
    mixed.open()
    eventually(lambda: len(mixed.ended) == 9)


def test_a_task_tells_of_its_end_whenever_it_is_asked(crowd: Make) -> None:
    one = crowd(Limits(threads=1, waiting=1, streams=0))
    one.open()
    task = one.start()
    eventually(lambda: len(one.ended) == 1)
    late: list[Any] = []
    task.add_done_callback(late.append)
    assert late == one.ended == [task]


def test_a_pool_that_is_shut_takes_nothing_and_its_threads_end(crowd: Make) -> None:
    shut = crowd(Limits(threads=4, waiting=10, streams=1))
    before = set(threading.enumerate())
    for _ in range(8):
        shut.start()
    eventually(lambda: shut.inside == 4)
    mine = {each for each in threading.enumerate() if each.name == "call"} - before
    shut.pool.shutdown(cancel_futures=True)
    with pytest.raises(RuntimeError, match="the server has stopped"):
        shut.start()
    shut.open()
    eventually(lambda: not any(each.is_alive() for each in mine))
    assert len(mine) == 4
