"""Whatever happens: nothing is lost, keys keep their order, no commit passes what is unfinished."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protomesh.broker import Partition
from protomesh.lanes import Again, Finished
from protomesh.testing import FakeClock
from tests.unit.lanes.workbench import GROUP, TOPIC, Book, Member, new_broker, send, settle_down

PARTITIONS = 3


class Chaos(RuleBasedStateMachine):
    """Members come, go and die with tasks in hand, the broker goes away, records fail."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.broker = new_broker(self.clock, PARTITIONS)
        self.book = Book(self.broker)
        self.members: list[Member] = []
        self.join()

    @rule(keys=st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=6))
    def produce(self, keys: list[str | None]) -> None:
        for key in keys:
            send(self.broker, key)

    @rule(which=st.integers(0, 9))
    def poll(self, which: int) -> None:
        if self.members:
            self.members[which % len(self.members)].lanes.poll()

    @rule(which=st.integers(0, 9), count=st.integers(1, 4))
    def begin(self, which: int, count: int) -> None:
        for _ in range(count if self.members else 0):
            self.members[which % len(self.members)].begin()

    @rule(
        which=st.integers(0, 9),
        task=st.integers(0, 9),
        verdict=st.one_of(st.just(Finished()), st.builds(Again, st.floats(0, 5))),
    )
    def end(self, which: int, task: int, verdict: Finished | Again) -> None:
        busy = [member for member in self.members if member.running]
        if busy:
            busy[which % len(busy)].end(task, verdict)

    @rule(by=st.floats(0, 3))
    def let_time_pass(self, by: float) -> None:
        self.clock.advance(by)

    @precondition(lambda self: len(self.members) < 3)
    @rule()
    def join(self) -> None:
        self.members.append(Member(self.broker, self.clock, self.book))

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 9))
    def leave(self, which: int) -> None:
        self.members.pop(which % len(self.members)).lanes.close()

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 9))
    def die(self, which: int) -> None:
        self.members.pop(which % len(self.members)).kill()

    @rule()
    def expel(self) -> None:
        """The coordinator lets go of a member that still lives."""
        with self.broker.changed:
            self.broker.rebalance(self.broker.group(GROUP))

    @rule()
    def the_broker_goes_away(self) -> None:
        self.broker.go_away()

    @rule()
    def the_broker_comes_back(self) -> None:
        self.broker.come_back()

    @rule(partition=st.integers(0, PARTITIONS - 1), back=st.integers(1, 3))
    def a_finished_record_is_compacted_away(self, partition: int, back: int) -> None:
        done = sorted(offset for at, offset in self.book.finished if at.index == partition)
        if len(done) >= back:
            self.broker.log.remove(Partition(TOPIC, partition), done[-back])

    @invariant()
    def no_commit_passes_what_is_unfinished(self) -> None:
        self.book.check_commits()

    def teardown(self) -> None:
        self.broker.come_back()
        if not self.members:
            self.join()
        settle_down(self.members, self.clock)
        assert not self.book.unfinished(), f"lost: {sorted(self.book.unfinished())}"
        self.book.check_commits()
        log = self.broker.log
        ends = {at: log.end(at) for at in (Partition(TOPIC, index) for index in range(PARTITIONS))}
        assert self.broker.group(GROUP).committed == ends


TestChaos = Chaos.TestCase
TestChaos.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
