"""Membership: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, and looking at groups."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.protocol.admin import (
    DeleteGroupsRequest,
    DeleteGroupsResponse,
    DescribeGroupsRequest,
    DescribeGroupsResponse,
    ListGroupsRequest,
    ListGroupsResponse,
)
from kafka.protocol.consumer import (
    HeartbeatRequest,
    HeartbeatResponse,
    JoinGroupRequest,
    JoinGroupResponse,
    LeaveGroupRequest,
    LeaveGroupResponse,
    SyncGroupRequest,
    SyncGroupResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.groups import Group, Joined, JoinRequest, MemberRef, Synced
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

_Described = DescribeGroupsResponse.DescribedGroup
_ASKS_BACK = 4
_NAMES_PROTOCOL_NULLABLE = 7
_MANY_LEAVERS = 3
_FILTERS_STATES = 4
_LONGEST_SESSION = 1800.0
_SECOND = 1000

A = TypeVar("A")


async def join(state: State, request: Any, peer: Peer) -> Any:
    """Waits until the generation is complete."""
    answer = Joined(_join_refusal(request), request.member_id)
    if answer.code is Code.NONE:
        group = state.groups.ensure(request.group_id)
        asked = _join_request(request, peer)
        answer = await _answer(lambda reply: group.join(asked, reply, _now()))
    good = answer.code is Code.NONE
    nullable = request.API_VERSION >= _NAMES_PROTOCOL_NULLABLE
    return JoinGroupResponse(
        error_code=answer.code,
        generation_id=answer.generation,
        protocol_type=request.protocol_type if good else None,
        protocol_name=answer.protocol or (None if nullable else ""),
        leader=answer.leader,
        member_id=answer.member,
        members=[
            JoinGroupResponse.JoinGroupResponseMember(
                member_id=one.member, group_instance_id=one.instance, metadata=one.metadata
            )
            for one in answer.roll
        ],
    )


def _join_refusal(request: Any) -> Code:
    if not request.group_id:
        return Code.INVALID_GROUP_ID
    sound = 0 < request.session_timeout_ms <= _LONGEST_SESSION * _SECOND
    return Code.NONE if sound else Code.INVALID_SESSION_TIMEOUT


def _join_request(request: Any, peer: Peer) -> JoinRequest:
    session = request.session_timeout_ms / _SECOND
    return JoinRequest(
        who=MemberRef(request.member_id, request.group_instance_id or None),
        client=peer.client,
        host=peer.host,
        connection=peer,
        session_timeout=session,
        rebalance_timeout=request.rebalance_timeout_ms / _SECOND if request.API_VERSION > 0 else session,
        protocol_type=request.protocol_type,
        protocols={one.name: bytes(one.metadata) for one in request.protocols},
        ask_back=request.API_VERSION >= _ASKS_BACK,
    )


async def sync(state: State, request: Any, _peer: Peer) -> Any:
    """Waits for the leader."""
    group = state.groups.get(request.group_id)
    if group is None:
        return SyncGroupResponse(error_code=Code.UNKNOWN_MEMBER_ID)
    assignments = {one.member_id: bytes(one.assignment) for one in request.assignments}

    def ask(reply: Callable[[Synced], None]) -> None:
        group.sync(_sender(request), request.generation_id, assignments, reply, _now())

    answer = await _answer(ask)
    return SyncGroupResponse(
        error_code=answer.code,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol,
        assignment=answer.assignment,
    )


def heartbeat(state: State, request: Any, peer: Peer) -> Any:
    """Tells the member when to join again."""
    group = state.groups.get(request.group_id)
    if group is None:
        return HeartbeatResponse(error_code=Code.UNKNOWN_MEMBER_ID)
    return HeartbeatResponse(
        error_code=group.heartbeat(_sender(request), request.generation_id, peer, _now())
    )


def leave(state: State, request: Any, _peer: Peer) -> Any:
    """One member, or several at once from version 3 on."""
    group = state.groups.get(request.group_id)
    if request.API_VERSION < _MANY_LEAVERS:
        return LeaveGroupResponse(error_code=_leave(group, MemberRef(request.member_id)))
    return LeaveGroupResponse(
        members=[
            LeaveGroupResponse.MemberResponse(
                member_id=one.member_id,
                group_instance_id=one.group_instance_id,
                error_code=_leave(group, MemberRef(one.member_id, one.group_instance_id or None)),
            )
            for one in request.members
        ]
    )


def _leave(group: Group | None, who: MemberRef) -> Code:
    return Code.UNKNOWN_MEMBER_ID if group is None else group.leave(who, _now())


def describe_groups(state: State, request: Any, _peer: Peer) -> Any:
    """A group that does not exist is described as dead."""
    return DescribeGroupsResponse(groups=[_describe(name, state.groups.get(name)) for name in request.groups])


def _describe(name: str, group: Group | None) -> Any:
    if group is None:
        return _Described(group_id=name, group_state="Dead")
    return _Described(
        group_id=name,
        group_state=group.state.value,
        protocol_type=group.protocol_type,
        protocol_data=group.protocol,
        members=[
            _Described.DescribedGroupMember(
                member_id=member.id,
                group_instance_id=member.instance,
                client_id=member.client,
                client_host=f"/{member.host}",
                member_metadata=member.protocols.get(group.protocol, b""),
                member_assignment=member.assignment,
            )
            for member in group.members.values()
        ],
    )


def list_groups(state: State, request: Any, _peer: Peer) -> Any:
    """All, or those in certain states."""
    states = request.states_filter if request.API_VERSION >= _FILTERS_STATES else None
    return ListGroupsResponse(
        groups=[
            ListGroupsResponse.ListedGroup(
                group_id=group.name,
                protocol_type=group.protocol_type or "consumer",
                group_state=group.state.value,
            )
            for group in state.groups
            if not states or group.state.value in states
        ]
    )


def delete_groups(state: State, request: Any, _peer: Peer) -> Any:
    """Groups without members, with their offsets."""
    return DeleteGroupsResponse(results=[_delete(state, name) for name in request.groups_names])


def _delete(state: State, name: str) -> Any:
    code = Code.NONE
    try:
        state.groups.delete(name)
    except Refused as refused:
        code = refused.code
    return DeleteGroupsResponse.DeletableGroupResult(group_id=name, error_code=code)


def _sender(request: Any) -> MemberRef:
    return MemberRef(request.member_id, request.group_instance_id or None)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _answer(ask: Callable[[Callable[[A], None]], None]) -> A:
    """What the group calls back with, now or later."""
    future: asyncio.Future[A] = asyncio.get_running_loop().create_future()

    def reply(answer: A) -> None:
        # The client may be gone, and with it the task that waited.
        if not future.done():
            future.set_result(answer)

    ask(reply)
    return await future


APIS = (
    Api(JoinGroupRequest, 0, 7, join, waits=True),
    Api(SyncGroupRequest, 0, 5, sync, waits=True),
    Api(HeartbeatRequest, 0, 4, heartbeat),
    Api(LeaveGroupRequest, 0, 5, leave),
    Api(DescribeGroupsRequest, 0, 5, describe_groups),
    Api(ListGroupsRequest, 0, 4, list_groups),
    Api(DeleteGroupsRequest, 0, 2, delete_groups),
)
