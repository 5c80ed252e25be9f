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

    @rule(which=st.integers(0, 9), begun=st.integers(0, 6), ended=st.integers(0, 6))
    def work(self, which: int, begun: int, ended: int) -> None:
        """The usual course of things."""
        if self.members:
            member = self.members[which % len(self.members)]
            for _ in range(4):
                member.lanes.poll()
            for _ in range(begun):
                member.begin()
            for _ in range(min(ended, len(member.running))):
                member.end(0, Finished())

    @precondition(lambda self: len(self.members) < 3)
    @rule()
    def join(self) -> None:
        self.members.append(Member(self.broker, self.clock, self.book))

    @rule(
        which=st.integers(0, 9),
        accident=st.sampled_from(["leave", "die", "expel", "expel", "away", "back", "back", "fail"]),
    )
    def accident(self, which: int, accident: str) -> None:
        """`expel`: the coordinator starts a new generation though every member lives."""
        if accident == "away":
            self.broker.go_away()
        elif accident == "back":
            self.broker.come_back()
        elif accident == "fail":
            self.broker.failing += 2
        elif accident == "expel":
            with self.broker.changed:
                self.broker.rebalance(self.broker.group(GROUP))
        elif self.members:
            member = self.members.pop(which % len(self.members))
            (member.lanes.close if accident == "leave" else member.kill)()

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
        committed = self.broker.group(GROUP).committed
        for record in self.broker.records(TOPIC):
            at = Partition(TOPIC, record.partition)
            assert committed[at] > record.offset, f"{at} is committed to {committed[at]} only"


TestChaos = Chaos.TestCase
TestChaos.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
