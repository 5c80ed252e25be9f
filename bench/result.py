"""A figure with its bar."""

from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """`holds` is None where there is no bar; `note` says how the figure came about."""

    name: str
    value: float
    unit: str
    bar: float | None
    holds: bool | None
    note: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def at_most(name: str, value: float, unit: str, bar: float, note: str = "") -> Result:
    """A figure that should stay at or under its bar."""
    return Result(name, round(value, 4), unit, bar, value <= bar, note)


def at_least(name: str, value: float, unit: str, bar: float, note: str = "") -> Result:
    """A figure that should reach its bar."""
    return Result(name, round(value, 4), unit, bar, value >= bar, note)


def plain(name: str, value: float, unit: str, note: str = "") -> Result:
    """A figure without a bar."""
    return Result(name, round(value, 4), unit, None, None, note)


def middle(values: list[float]) -> float:
    """The median, by which absolute bars are judged."""
    return median(values)
