"""The offset tracker: a state machine, checked against sets."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protomesh.lanes.tracker import Tracker


class TrackerMachine(RuleBasedStateMachine):
    """Offers with holes, finishes in any order, and passes on to a successor."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker(5)
        self.offered: set[int] = set()
        self.finished: set[int] = set()
        self.next = 5

    @rule(hole=st.integers(0, 3))
    def offer(self, hole: int) -> None:
        offset = self.next + hole
        assert self.tracker.offer(offset) == (offset not in self.finished)
        self.offered.add(offset)
        self.next = offset + 1

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def offer_what_came_before(self, data: st.DataObject) -> None:
        assert not self.tracker.offer(data.draw(st.integers(0, self.next - 1)))

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.offered)))
        self.tracker.finish(offset)
        self.finished.add(offset)
        assert not self.tracker.waits_for(offset)

    @rule(ahead=st.integers(0, 5))
    def finish_before_it_is_offered(self, ahead: int) -> None:
        self.tracker.finish(self.next + ahead)
        self.finished.add(self.next + ahead)

    @rule()
    def leave_and_return_at_the_position(self) -> None:
        start = self.tracker.position
        self.tracker = Tracker(start, self.tracker)
        self.offered = {offset for offset in self.offered if offset < start}
        self.next = start

    @invariant()
    def the_position_is_the_lowest_unfinished_offset(self) -> None:
        unfinished = self.offered - self.finished
        assert self.tracker.position == min(unfinished, default=self.next)

    @invariant()
    def the_span_counts_what_stands_above_the_position(self) -> None:
        assert self.tracker.span == len([at for at in self.offered if at >= self.tracker.position])


TestTracker = TrackerMachine.TestCase


def test_a_stranger_log_inherits_nothing() -> None:
    one, two = Tracker(0), Tracker(0)
    assert one.log is not two.log
    assert Tracker(3, one).log is one.log
