"""A warning, and how a policy is walked through for some."""

from collections.abc import Iterator
from dataclasses import dataclass

from protomesh.policy.rules import CompiledRule
from protomesh.policy.security import SecurityPolicy


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is the place in the file, `rules[3].allow`, `lint` the name of what is warned of."""

    path: str
    lint: str
    reason: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.path}: {self.lint}: {self.reason}"


def conditions(policy: SecurityPolicy) -> Iterator[CompiledRule]:
    """Rules with a condition, compiled, once for each method."""
    for method in policy.methods.values():
        yield from (rule for rule in method.rules if rule.when is not None)


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
