"""Classic consumer groups: membership and committed offsets."""

from protomesh.broker.embedded.groups.group import Group, GroupState
from protomesh.broker.embedded.groups.member import (
    Connection,
    Joined,
    JoinRequest,
    Member,
    MemberRef,
    Roll,
    Synced,
)
from protomesh.broker.embedded.groups.registry import Committed, Groups, Spot

__all__ = [
    "Committed",
    "Connection",
    "Group",
    "GroupState",
    "Groups",
    "JoinRequest",
    "Joined",
    "Member",
    "MemberRef",
    "Roll",
    "Spot",
    "Synced",
]
