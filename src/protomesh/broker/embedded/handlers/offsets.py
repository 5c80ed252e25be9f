"""Committed offsets: OffsetCommit, OffsetFetch, OffsetDelete."""

import asyncio
from typing import Any

from kafka.protocol.consumer import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetDeleteRequest,
    OffsetDeleteResponse,
    OffsetFetchRequest,
    OffsetFetchResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.groups import Committed, MemberRef, Spot
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

_CommitTopic = OffsetCommitResponse.OffsetCommitResponseTopic
_FetchTopic = OffsetFetchResponse.OffsetFetchResponseTopic
_DeleteTopic = OffsetDeleteResponse.OffsetDeleteResponseTopic
_HAS_EPOCH = 6
_HAS_INSTANCE = 7
_NOTHING = Committed(-1, "")


def commit(state: State, request: Any, _peer: Peer) -> Any:
    """All partitions of a request in one journal entry; those that do not exist are refused one by one."""
    if not request.group_id:
        code = Code.INVALID_GROUP_ID
    else:
        instance = request.group_instance_id if request.API_VERSION >= _HAS_INSTANCE else None
        sender = MemberRef(request.member_id, instance or None)
        group = state.groups.ensure(request.group_id)
        code = group.may_commit(
            sender, request.generation_id_or_member_epoch, asyncio.get_running_loop().time()
        )
    accepted: dict[Spot, Committed] = {}
    answers = [
        _CommitTopic(
            name=topic.name,
            partitions=[_accept(state, request, code, topic.name, one, accepted) for one in topic.partitions],
        )
        for topic in request.topics
    ]
    state.groups.commit(request.group_id, accepted)
    return OffsetCommitResponse(topics=answers)


def _accept(  # noqa: PLR0917 - one line of a request with all that decides on it
    state: State, request: Any, code: Code, topic: str, one: Any, accepted: dict[Spot, Committed]
) -> Any:
    if code is Code.NONE:
        try:
            state.topics.log(topic, one.partition_index)
        except Refused as refused:
            code = refused.code
    if code is Code.NONE:
        epoch = one.committed_leader_epoch if request.API_VERSION >= _HAS_EPOCH else -1
        accepted[Spot(topic, one.partition_index)] = Committed(
            one.committed_offset, one.committed_metadata, epoch
        )
    return _CommitTopic.OffsetCommitResponsePartition(partition_index=one.partition_index, error_code=code)


def fetch(state: State, request: Any, _peer: Peer) -> Any:
    """What was asked for, or everything; -1 where nothing was committed."""
    known = state.groups.offsets(request.group_id)
    if request.topics is None:
        asked: dict[str, list[int]] = {}
        for spot in sorted(known):
            asked.setdefault(spot.topic, []).append(spot.index)
    else:
        asked = {topic.name: list(topic.partition_indexes) for topic in request.topics}
    return OffsetFetchResponse(
        topics=[
            _FetchTopic(
                name=topic,
                partitions=[_found(index, known.get(Spot(topic, index), _NOTHING)) for index in indexes],
            )
            for topic, indexes in asked.items()
        ]
    )


def _found(index: int, committed: Committed) -> Any:
    return _FetchTopic.OffsetFetchResponsePartition(
        partition_index=index,
        committed_offset=committed.offset,
        committed_leader_epoch=committed.leader_epoch,
        metadata=committed.metadata or "",
    )


def delete(state: State, request: Any, _peer: Peer) -> Any:
    """Forget offsets of a group that nobody is in (KIP-496)."""
    group = state.groups.get(request.group_id)
    if group is None:
        return OffsetDeleteResponse(error_code=Code.GROUP_ID_NOT_FOUND)
    if group.members:
        return OffsetDeleteResponse(error_code=Code.NON_EMPTY_GROUP)
    spots = [Spot(topic.name, one.partition_index) for topic in request.topics for one in topic.partitions]
    state.groups.forget_offsets(request.group_id, spots)
    return OffsetDeleteResponse(
        topics=[
            _DeleteTopic(
                name=topic.name,
                partitions=[
                    _DeleteTopic.OffsetDeleteResponsePartition(partition_index=one.partition_index)
                    for one in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


APIS = (
    Api(OffsetCommitRequest, 2, 8, commit),
    Api(OffsetFetchRequest, 1, 7, fetch),
    Api(OffsetDeleteRequest, 0, 0, delete),
)
