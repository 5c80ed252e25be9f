"""How a try can end, and what then happens to the event. Pure.

| the function …                | tries left | then                                  |
|-------------------------------|------------|---------------------------------------|
| returns None                  |            | done                                  |
| raises Drop                   |            | done, and logged                      |
| raises DeadLetter             |            | dead letter                           |
| raises Retry(after)           | yes        | again after that time                 |
| raises anything else          | yes        | again after the backoff of `Retries`  |
| raises Retry or anything else | no         | dead letter                           |

A try that counts is any that ended in a failure or a Retry. Bytes that are no event of the declared type are
a dead letter at once: no repetition makes them readable.
"""

from dataclasses import dataclass

from protomesh.lanes import Retries, seconds


class Outcome(Exception):  # noqa: N818 - these are answers, not errors
    """Raised by a function to say what becomes of its event."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(Outcome):
    """Try again after `after` (10s, 5m, or seconds), or after the usual backoff. Counts as a try."""

    def __init__(self, after: str | float | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.after = None if after is None else seconds(after)


class Drop(Outcome):
    """The event needs no more work: it is done, and a line in the log says why."""


class DeadLetter(Outcome):
    """No repetition will help: put the event aside at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """The offset may move on. `dropped` is the reason given with Drop, None when the function returned."""

    dropped: str | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Try again after so many seconds."""

    after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Bury:
    """Write a dead letter."""

    reason: str


Decision = Done | Repeat | Bury


def decide(retries: Retries, attempt: int, raised: BaseException | None, chance: float) -> Decision:
    """What becomes of an event whose try number `attempt` raised this; `chance` is for the jitter."""
    if raised is None:
        return Done()
    reason = describe(raised)
    if isinstance(raised, Drop):
        return Done(dropped=reason)
    if isinstance(raised, DeadLetter):
        return Bury(reason)
    if retries.exhausted(attempt):
        return Bury(f"gave up after {attempt} attempts: {reason}")
    after = raised.after if isinstance(raised, Retry) else None
    return Repeat(retries.delay(attempt, chance) if after is None else after, reason)


def describe(raised: BaseException) -> str:
    """One line: the reason of an outcome, else the kind of error and its text."""
    if isinstance(raised, Outcome):
        return raised.reason or type(raised).__name__
    text = str(raised)
    return f"{type(raised).__name__}: {text}" if text else type(raised).__name__
