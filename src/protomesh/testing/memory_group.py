"""Consumer groups of the in-memory broker, with eager rebalances as the classic protocol has them."""

import itertools
from collections.abc import Iterable

from protomesh.broker import Partition


class MemoryGroup:
    """Who holds what, and what is committed. Not thread safe: the broker holds its lock around every call.

    A change of members or topics starts a new generation at once; a member learns of it at its next poll, and
    until then still believes in its old partitions, as a real one does.
    """

    def __init__(self) -> None:
        self._members: dict[int, frozenset[str]] = {}
        self._ids = itertools.count()
        self._assigned: dict[int, frozenset[Partition]] = {}
        self.generation = 0
        self.committed: dict[Partition, int] = {}
        self.history: list[tuple[Partition, int]] = []
        """Every commit, in order."""

    def join(self, topics: Iterable[str]) -> int:
        """Returns the member's id; `rebalance` must follow."""
        member = next(self._ids)
        self._members[member] = frozenset(topics)
        return member

    def leave(self, member: int) -> None:
        """A member unknown has left already. `rebalance` must follow."""
        self._members.pop(member, None)

    def has(self, member: int) -> bool:
        """Whether the group still counts this member."""
        return member in self._members

    def held_by(self, member: int) -> frozenset[Partition]:
        """What the present generation gives to the member."""
        return self._assigned.get(member, frozenset())

    def rebalance(self, partitions: Iterable[Partition]) -> None:
        """Deal every partition to one of the members that want its topic, in turns."""
        dealt: dict[int, set[Partition]] = {member: set() for member in self._members}
        turn = self.generation
        for at in sorted(partitions):
            wanting = [member for member, topics in self._members.items() if at.topic in topics]
            if wanting:
                dealt[wanting[turn % len(wanting)]].add(at)
                turn += 1
        self._assigned = {member: frozenset(held) for member, held in dealt.items()}
        self.generation += 1

    def commit(self, at: Partition, offset: int) -> None:
        """Store an offset."""
        self.committed[at] = offset
        self.history.append((at, offset))
