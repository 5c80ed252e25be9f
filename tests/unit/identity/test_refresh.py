"""Refresh families, whatever happens to their tokens."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from protomesh.identity import GRACE, LIFETIME, Outcome, Token, digest, judge, new_secret, successor
from protomesh.testing import FakeClock

STEPS = st.lists(st.tuples(st.integers(0, 8), st.floats(0, LIFETIME / 4)), max_size=30)


class Family:
    """The rules as the store applies them, in memory."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.secrets = [new_secret()]
        first = successor(Token("", "f", "u1", 0.0), self.secrets[0], clock.now())
        self.stored = {first.digest: first}

    def show(self, secret: str) -> Outcome:
        now, token = self.clock.now(), self.stored.get(digest(secret))
        outcome = judge(token, now)
        if outcome is Outcome.REVOKE:
            self.stored.clear()
        if outcome is Outcome.ROTATE and token is not None:
            self.secrets.append(new_secret())
            following = successor(token, self.secrets[-1], now)
            self.stored[token.digest] = replace(token, used=now)
            self.stored[following.digest] = following
        return outcome


@given(STEPS)
def test_at_any_time_at_most_one_token_of_a_family_counts(steps: list[tuple[int, float]]) -> None:
    clock = FakeClock()
    family = Family(clock)
    for which, seconds in steps:
        clock.advance(seconds)
        family.show(family.secrets[which % len(family.secrets)])
        fresh = [each for each in family.stored.values() if judge(each, clock.now()) is Outcome.ROTATE]
        assert len(fresh) <= 1
        assert not set(family.secrets) & set(family.stored), "a token is stored as it is"


@given(STEPS, st.floats(GRACE, LIFETIME))
def test_a_rotated_token_that_comes_back_ends_the_family(
    steps: list[tuple[int, float]], later: float
) -> None:
    clock = FakeClock()
    family = Family(clock)
    for _, seconds in steps:
        clock.advance(seconds)
        assert family.show(family.secrets[-1]) is Outcome.ROTATE
    stolen = family.secrets[-1]
    assert family.show(stolen) is Outcome.ROTATE
    clock.advance(later)
    assert family.show(stolen) is Outcome.REVOKE
    assert {family.show(each) for each in family.secrets} == {Outcome.REFUSE}


def test_two_tabs_at_once_end_nothing() -> None:
    clock = FakeClock()
    family = Family(clock)
    old = family.secrets[0]
    assert family.show(old) is Outcome.ROTATE
    clock.advance(GRACE - 0.1)
    assert family.show(old) is Outcome.RACE
    assert family.show(family.secrets[-1]) is Outcome.ROTATE


def test_a_token_ends() -> None:
    clock = FakeClock()
    family = Family(clock)
    clock.advance(LIFETIME)
    assert family.show(family.secrets[0]) is Outcome.REFUSE
    assert family.show("a stranger's") is Outcome.REFUSE
