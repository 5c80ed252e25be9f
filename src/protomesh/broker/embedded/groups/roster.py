"""Who is in a group: the ids given, static names (KIP-345), and whether a sender is who it says it is."""

from collections import Counter
from collections.abc import Callable

from protomesh.broker.embedded.codes import Code
from protomesh.broker.embedded.groups.member import Joined, JoinRequest, Member, MemberRef, Synced


class Roster:
    """Members in the order in which they came. `new_id` makes unique suffixes for their ids."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.members: dict[str, Member] = {}
        self.protocol_type = ""
        self._new_id = new_id
        self._promised: dict[str, float] = {}
        self._static: dict[str, str] = {}

    @property
    def idle(self) -> bool:
        """Nobody is here, and nobody has been promised an id."""
        return not self.members and not self._promised

    def unfit(self, request: JoinRequest) -> Code | None:
        """Why the sender cannot work with the members there are."""
        if not request.protocols:
            return Code.INCONSISTENT_GROUP_PROTOCOL
        others = [member for member in self.members.values() if member.id != request.who.member]
        if not others:
            return None
        common = set(request.protocols).intersection(*(member.protocols for member in others))
        same = request.protocol_type == self.protocol_type
        return None if same and common else Code.INCONSISTENT_GROUP_PROTOCOL

    def returning(self, who: MemberRef) -> Member | None:
        """The static member that `who`, without an id, used to be."""
        if who.member or who.instance not in self._static:
            return None
        return self.members[self._static[who.instance]]

    def admit(self, request: JoinRequest, now: float) -> Member | Joined:
        """The member that asks, made if it is new, or the refusal."""
        name, instance = request.who
        if name in self.members:
            fenced = instance is not None and self._static.get(instance) != name
            return Joined(Code.FENCED_INSTANCE_ID, name) if fenced else self.members[name]
        if not name:
            name = self._name(instance or request.client or "member")
            if request.ask_back and instance is None:
                self._promised[name] = now + request.session_timeout
                return Joined(Code.MEMBER_ID_REQUIRED, name)
        elif self._promised.pop(name, None) is None:
            known = instance in self._static
            return Joined(Code.FENCED_INSTANCE_ID if known else Code.UNKNOWN_MEMBER_ID, name)
        return self._add(Member.asking(name, request))

    def replace(self, former: Member, request: JoinRequest) -> Member:
        """Give a static member's place to its new self, under a new id."""
        del self.members[former.id]
        former.answer_join(Joined(Code.FENCED_INSTANCE_ID, former.id))
        former.answer_sync(Synced(Code.FENCED_INSTANCE_ID))
        member = Member.asking(self._name(request.who.instance or ""), request)
        member.assignment, member.synced = former.assignment, former.synced
        return self._add(member)

    def find(self, who: MemberRef) -> Member | Code:
        """The sender of a request, or why it is not answered."""
        if who.instance is not None and self._static.get(who.instance, who.member) != who.member:
            return Code.FENCED_INSTANCE_ID
        return self.members.get(who.member, Code.UNKNOWN_MEMBER_ID)

    def find_leaving(self, who: MemberRef) -> Member | Code:
        """As `find`, but a static member may go by its name alone, and a promised id is given back."""
        name = who.member or self._static.get(who.instance or "", "")
        if self._promised.pop(name, None) is not None:
            return Code.NONE
        return self.find(MemberRef(name, who.instance))

    def forget(self, member: Member) -> None:
        """Strike it off and refuse what it waits for."""
        self.members.pop(member.id, None)
        if member.instance is not None and self._static.get(member.instance) == member.id:
            del self._static[member.instance]
        member.answer_join(Joined(Code.UNKNOWN_MEMBER_ID, member.id))
        member.answer_sync(Synced(Code.UNKNOWN_MEMBER_ID))

    def forget_promises(self, now: float) -> None:
        """Ids that were never used."""
        for name in [name for name, until in self._promised.items() if until < now]:
            del self._promised[name]

    def elect_protocol(self) -> str:
        """What most members like best among what all of them know."""
        members = list(self.members.values())
        common = set(members[0].protocols).intersection(*(member.protocols for member in members))
        votes = Counter(next(name for name in member.protocols if name in common) for member in members)
        return votes.most_common(1)[0][0]

    def _add(self, member: Member) -> Member:
        self.members[member.id] = member
        if member.instance is not None:
            self._static[member.instance] = member.id
        return member

    def _name(self, stem: str) -> str:
        return f"{stem}-{self._new_id()}"
