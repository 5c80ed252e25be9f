"""How often and how soon something that failed is tried again."""

from dataclasses import dataclass

from protomesh.errors import ConfigError
from protomesh.lanes.durations import seconds


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `max` repetitions after the first try, each `factor` times later, from `first` to `most`.

    `jitter` is the share of a wait that is left to chance: 0.2 gives 80 to 100 percent of it. Times are
    durations such as 1s or 5m, or seconds. Raises ConfigError.
    """

    max: int = 5
    first: str | float = "1s"
    most: str | float = "5m"
    factor: float = 2.0
    jitter: float = 0.2

    def __post_init__(self) -> None:
        first, most = seconds(self.first), seconds(self.most)
        if isinstance(self.max, bool) or not isinstance(self.max, int) or self.max < 0:
            raise ConfigError(
                f"max is {self.max!r}", where="Retries", fix="a whole number, 0 for no repetition"
            )
        if first > most:
            raise ConfigError(f"first ({self.first}) is longer than most ({self.most})", where="Retries")
        if not 1 <= self.factor <= 100:  # noqa: PLR2004 - beyond that a wait grows from a second to hours at once
            raise ConfigError(f"factor is {self.factor!r}", where="Retries", fix="from 1 to 100")
        if not 0 <= self.jitter <= 1:
            raise ConfigError(f"jitter is {self.jitter!r}", where="Retries", fix="from 0 to 1")

    def exhausted(self, attempt: int) -> bool:
        """Whether the failure of `attempt` (the first is 1) was the last one allowed."""
        return attempt > self.max

    def delay(self, attempt: int, chance: float) -> float:
        """Seconds to wait after the failure of `attempt`; `chance`, from 0 to 1, decides the jitter."""
        first, most = seconds(self.first), seconds(self.most)
        try:
            wait = min(most, first * self.factor ** (attempt - 1))
        except OverflowError:
            wait = most
        return wait * (1 - self.jitter * chance)
