"""All groups of the broker, and the offsets they committed."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.groups.group import Group
from protomesh.broker.embedded.groups.member import Connection
from protomesh.broker.embedded.journal import Entry, Journal


class Spot(NamedTuple):
    """A partition, as a key."""

    topic: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


class Committed(NamedTuple):
    """An offset as it was committed."""

    offset: int
    metadata: str | None = None
    leader_epoch: int = -1


class Groups:
    """Membership lives in memory; generations and offsets are in the journal."""

    def __init__(self, journal: Journal, *, initial_delay: float) -> None:
        self._journal = journal
        self._initial_delay = initial_delay
        self._groups: dict[str, Group] = {}
        self._offsets: dict[str, dict[Spot, Committed]] = {}
        self._generations: dict[str, int] = {}

    def load(self, generations: Mapping[str, int], offsets: Mapping[str, Mapping[Spot, Committed]]) -> None:
        """What the journal knows."""
        self._generations.update(generations)
        self._offsets.update({group: dict(spots) for group, spots in offsets.items()})
        for name in set(generations) | set(offsets):
            self.ensure(name)

    def entries(self) -> Iterator[Entry]:
        """What the journal must hold."""
        for name, group in self._groups.items():
            yield {"t": "generation", "group": name, "generation": group.generation}
        for name, spots in self._offsets.items():
            if spots:
                yield _commit(name, spots)

    def __iter__(self) -> Iterator[Group]:
        return iter(tuple(self._groups.values()))

    def get(self, name: str) -> Group | None:
        """The group, if it has ever been used."""
        return self._groups.get(name)

    def ensure(self, name: str) -> Group:
        """The group, made if need be."""
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(
                name,
                initial_delay=self._initial_delay,
                new_id=lambda: str(uuid.uuid4()),
                generation=self._generations.get(name, 0),
            )
        return group

    def offsets(self, name: str) -> Mapping[Spot, Committed]:
        """Everything the group committed."""
        return self._offsets.get(name, {})

    def commit(self, name: str, spots: Mapping[Spot, Committed]) -> None:
        """Durable when this returns."""
        if spots:
            self._journal.append(_commit(name, spots))
            self._offsets.setdefault(name, {}).update(spots)

    def forget_offsets(self, name: str, spots: Sequence[Spot]) -> None:
        """Delete committed offsets; those that are not there are passed over."""
        mine = self._offsets.get(name, {})
        gone = [spot for spot in spots if mine.pop(spot, None) is not None]
        if gone:
            self._journal.append({"t": "offsets-gone", "group": name, "spots": gone})

    def forget_topic(self, topic: str) -> None:
        """A topic was deleted; one created later under its name begins anew."""
        for name, mine in self._offsets.items():
            self.forget_offsets(name, [spot for spot in mine if spot.topic == topic])

    def delete(self, name: str) -> None:
        """Raises Refused while it has members."""
        group = self._groups.get(name)
        if group is None:
            raise Refused(Code.GROUP_ID_NOT_FOUND)
        if group.members:
            raise Refused(Code.NON_EMPTY_GROUP)
        self._journal.append({"t": "group-gone", "group": name})
        del self._groups[name]
        self._offsets.pop(name, None)
        self._generations.pop(name, None)

    def tick(self, now: float) -> None:
        """Let time pass for every group (seconds, monotonic), and keep new generations."""
        for group in self:
            if not group.idle:
                group.tick(now)
            self._keep_generation(group)

    def disconnected(self, connection: Connection, grace: float, now: float) -> None:
        """See Group.disconnected."""
        for group in self:
            group.disconnected(connection, grace, now)

    def _keep_generation(self, group: Group) -> None:
        if self._generations.get(group.name, 0) != group.generation:
            self._generations[group.name] = group.generation
            self._journal.append({"t": "generation", "group": group.name, "generation": group.generation})


def _commit(name: str, spots: Mapping[Spot, Committed]) -> Entry:
    return {
        "t": "commit",
        "group": name,
        "offsets": [[*spot, *committed] for spot, committed in spots.items()],
    }
