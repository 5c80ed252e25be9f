"""The state machine of one component, with time as a number."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protomesh.app.supervisor import Restart
from protomesh.app.supervisor.life import Life, State

RESTART = Restart(first=0.2, most=5.0, healthy=10.0, give_up=6)


def test_delays_double_to_their_most() -> None:
    life, now, delays = Life(Restart(give_up=99), within=30), 0.0, []
    for _ in range(7):
        life.started(now)
        life.died(now, "exit 1")
        assert life.due is not None
        delays.append(round(life.due - now, 3))
        now = life.due
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_ten_good_seconds_bring_the_first_delay_back() -> None:
    life = Life(RESTART, within=30)
    for now in (0.0, 100.0, 200.0):
        life.started(now)
        life.ready(now)
        life.died(now + 9.9, "exit 1")
    assert life.due == 209.9 + 0.8
    life.started(300.0)
    life.ready(300.0)
    life.died(310.0, "exit 1")
    assert life.due == 310.2


def test_one_that_gets_ready_is_never_given_up() -> None:
    life = Life(RESTART, within=30)
    for now in range(50):
        life.started(now)
        life.ready(now)
        life.died(now, "killed by SIGKILL")
    assert (life.state, life.restarts) == (State.DEGRADED, 49)


class Lives(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.life = Life(RESTART, within=30)
        self.now = 0.0
        self.running = False
        self.restarts = 0
        self.stillborn = 0

    @precondition(lambda self: self.life.due is not None)
    @rule()
    def start(self) -> None:
        self.now = max(self.now, self.life.due or 0.0)
        again = self.life.state is State.DEGRADED
        self.life.started(self.now)
        self.restarts += again
        self.running = True

    @precondition(lambda self: self.running)
    @rule(after=st.floats(0, 60))
    def get_ready(self, after: float) -> None:
        self.now += after
        self.life.waited(self.now)
        self.life.ready(self.now)
        self.stillborn = 0

    @precondition(lambda self: self.running)
    @rule(after=st.floats(0, 60))
    def die(self, after: float) -> None:
        self.now += after
        self.stillborn += self.life.state is not State.READY
        self.life.died(self.now, "exit 1")
        self.running = False

    @rule(after=st.floats(0, 60))
    def time_passes(self, after: float) -> None:
        """While a process runs nothing changes but a note; a wait that is due ends with `start`."""
        if self.running:
            self.now += after
            self.life.waited(self.now)

    @invariant()
    def something_is_always_due_unless_it_runs_or_is_given_up(self) -> None:
        given_up = self.life.state is State.FAILED
        assert (self.life.due is None) == (self.running or given_up)
        assert given_up == (self.stillborn >= RESTART.give_up)

    @invariant()
    def delays_stay_within_bounds(self) -> None:
        if self.life.state is State.DEGRADED:
            assert self.life.due is not None
            assert 0.199 <= self.life.due - self.now <= 5.001

    @invariant()
    def restarts_are_counted(self) -> None:
        assert self.life.restarts == self.restarts


TestLives = Lives.TestCase


def test_one_that_serves_but_says_that_something_is_wrong_is_shown_as_degraded() -> None:
    life = Life(RESTART, within=30)
    life.started(0)
    life.told("too early")
    assert (life.shown, life.note) == (State.STARTING, "")
    life.ready(1)
    life.told("the policy is refused")
    assert (life.shown, life.state) == (State.DEGRADED, State.READY)
    life.told("")
    assert (life.shown, life.note) == (State.READY, "")
    life.told("the policy is refused")
    life.died(2, "exit 1")
    life.told("from a process that is gone")
    assert life.note.startswith("exit 1")
    life.started(3)
    assert (life.shown, life.note, life.restarts) == (State.STARTING, "", 1)
