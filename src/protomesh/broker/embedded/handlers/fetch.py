"""Reading: Fetch with its long poll, ListOffsets, OffsetForLeaderEpoch."""

import asyncio
from collections.abc import Callable
from typing import Any

from kafka.protocol.consumer import (
    FetchRequest,
    FetchResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.log import PartitionLog
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

_Topic = FetchResponse.FetchableTopicResponse
_Partition = _Topic.PartitionData
_OffsetsTopic = ListOffsetsResponse.ListOffsetsTopicResponse
_OffsetsPartition = _OffsetsTopic.ListOffsetsPartitionResponse
_EpochTopic = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult

_LATEST, _EARLIEST, _NEWEST = -1, -2, -3
_LEADER_EPOCH = 0


async def fetch(state: State, request: Any, _peer: Peer) -> Any:
    """Answer when there are `min_bytes`, when something is wrong, or after `max_wait_ms`.

    Incremental sessions (KIP-227) are not kept: every request names all its partitions.
    """
    if request.session_id:
        return FetchResponse(error_code=Code.FETCH_SESSION_ID_NOT_FOUND)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + request.max_wait_ms / 1000
    while not _ready(state, request) and loop.time() < deadline:
        await _news(_logs(state, request), deadline)
    return FetchResponse(responses=_collect(state, request))


def _ready(state: State, request: Any) -> bool:
    """Enough to answer with, or an error, which is answered at once."""
    enough: int = max(0, request.min_bytes)
    waiting = 0
    for topic in request.topics:
        for one in topic.partitions:
            try:
                log = _log_at(state, topic.topic, one)
            except Refused:
                return True
            if one.fetch_offset < log.end:
                waiting += log.waiting_bytes(one.fetch_offset, enough - waiting)
    return waiting >= enough


async def _news(logs: list[PartitionLog], deadline: float) -> None:
    """Until one of the logs changes, or the deadline."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    wake: Callable[[], None] = changed.set
    timer = loop.call_at(deadline, wake)
    for log in logs:
        log.watch(wake)
    try:
        await changed.wait()
    finally:
        timer.cancel()
        for log in logs:
            log.unwatch(wake)


def _logs(state: State, request: Any) -> list[PartitionLog]:
    return [
        state.topics.log(topic.topic, one.partition) for topic in request.topics for one in topic.partitions
    ]


def _log_at(state: State, topic: str, partition: Any) -> PartitionLog:
    log = state.topics.log(topic, partition.partition)
    if not log.start <= partition.fetch_offset <= log.end:
        raise Refused(Code.OFFSET_OUT_OF_RANGE)
    return log


def _collect(state: State, request: Any) -> list[Any]:
    left = request.max_bytes
    answers = []
    empty = True
    for topic in request.topics:
        partitions = []
        for one in topic.partitions:
            answer = _read(state, topic.topic, one, left, least_one=empty)
            left -= len(answer.records)
            empty = empty and not answer.records
            partitions.append(answer)
        answers.append(_Topic(topic=topic.topic, partitions=partitions))
    return answers


def _read(state: State, topic: str, one: Any, left: int, *, least_one: bool) -> Any:
    try:
        log = _log_at(state, topic, one)
    except Refused as refused:
        return _Partition(
            partition_index=one.partition,
            error_code=refused.code,
            high_watermark=-1,
            records=b"",
            aborted_transactions=None,
        )
    records = b""
    if one.fetch_offset < log.end:
        records = log.read(one.fetch_offset, min(one.partition_max_bytes, left), least_one=least_one)
    return _Partition(
        partition_index=one.partition,
        high_watermark=log.end,
        last_stable_offset=log.end,
        log_start_offset=log.start,
        aborted_transactions=None,
        records=records,
    )


def list_offsets(state: State, request: Any, _peer: Peer) -> Any:
    """The ends of the logs, and the first record not older than a time."""
    return ListOffsetsResponse(
        topics=[
            _OffsetsTopic(
                name=topic.name, partitions=[_find(state, topic.name, one) for one in topic.partitions]
            )
            for topic in request.topics
        ]
    )


def _find(state: State, topic: str, one: Any) -> Any:
    try:
        log = state.topics.log(topic, one.partition_index)
    except Refused as refused:
        return _OffsetsPartition(partition_index=one.partition_index, error_code=refused.code)
    found: tuple[int, int] | None
    if one.timestamp == _LATEST:
        found = (log.end, -1)
    elif one.timestamp == _EARLIEST:
        found = (log.start, -1)
    else:
        found = log.newest() if one.timestamp == _NEWEST else log.first_since(one.timestamp)
    if found is None:
        return _OffsetsPartition(
            partition_index=one.partition_index, offset=-1, timestamp=-1, leader_epoch=-1
        )
    offset, timestamp = found
    return _OffsetsPartition(
        partition_index=one.partition_index, offset=offset, timestamp=timestamp, leader_epoch=_LEADER_EPOCH
    )


def offset_for_leader_epoch(state: State, request: Any, _peer: Peer) -> Any:
    """There was never another leader: every epoch ends at the end of the log (KIP-320)."""
    return OffsetForLeaderEpochResponse(
        topics=[
            _EpochTopic(
                topic=topic.topic,
                partitions=[_epoch_end(state, topic.topic, one) for one in topic.partitions],
            )
            for topic in request.topics
        ]
    )


def _epoch_end(state: State, topic: str, one: Any) -> Any:
    try:
        end = state.topics.log(topic, one.partition).end
    except Refused as refused:
        return _EpochTopic.EpochEndOffset(
            error_code=refused.code, partition=one.partition, leader_epoch=-1, end_offset=-1
        )
    return _EpochTopic.EpochEndOffset(partition=one.partition, leader_epoch=_LEADER_EPOCH, end_offset=end)


APIS = (
    Api(FetchRequest, 4, 12, fetch, waits=True),
    Api(ListOffsetsRequest, 1, 7, list_offsets),
    Api(OffsetForLeaderEpochRequest, 2, 4, offset_for_leader_epoch),
)
