"""Changing topics: CreateTopics, DeleteTopics, CreatePartitions, DeleteRecords."""

from typing import Any

from kafka.protocol.admin import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreateTopicsRequest,
    CreateTopicsResponse,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteTopicsRequest,
    DeleteTopicsResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import NODE, State

_Created = CreateTopicsResponse.CreatableTopicResult
_Grown = CreatePartitionsResponse.CreatePartitionsTopicResult
_Deleted = DeleteTopicsResponse.DeletableTopicResult
_Trimmed = DeleteRecordsResponse.DeleteRecordsTopicResult
_DEFAULT = -1


def create_topics(state: State, request: Any, _peer: Peer) -> Any:
    """Each by itself: one that is refused does not keep the others back."""
    return CreateTopicsResponse(
        topics=[_create(state, topic, request.validate_only) for topic in request.topics]
    )


def _create(state: State, topic: Any, only_check: bool) -> Any:
    config = {one.name: one.value for one in topic.configs or [] if one.value is not None}
    try:
        partitions = _partition_count(state, topic)
        _check_replication(topic.replication_factor)
        if only_check:
            state.topics.check_new(topic.name, partitions, config)
        else:
            state.topics.create(topic.name, partitions, config)
    except Refused as refused:
        return _Created(name=topic.name, error_code=refused.code, error_message=refused.message)
    return _Created(name=topic.name, error_message=None, num_partitions=partitions, replication_factor=1)


def _check_replication(factor: int) -> None:
    if factor not in {_DEFAULT, 1}:
        raise Refused(Code.INVALID_REPLICATION_FACTOR, f"{factor} replicas, but one broker")


def _partition_count(state: State, topic: Any) -> int:
    if not topic.assignments:
        return state.options.partitions if topic.num_partitions == _DEFAULT else int(topic.num_partitions)
    if any(list(one.broker_ids) != [NODE] for one in topic.assignments):
        raise Refused(Code.INVALID_REPLICATION_FACTOR, f"the only broker is {NODE}")
    return len(topic.assignments)


def delete_topics(state: State, request: Any, _peer: Peer) -> Any:
    """With all their records, and what groups committed in them."""
    return DeleteTopicsResponse(responses=[_delete(state, name) for name in request.topic_names])


def _delete(state: State, name: str) -> Any:
    try:
        state.topics.delete(name)
    except Refused as refused:
        return _Deleted(name=name, error_code=refused.code, error_message=refused.message)
    state.groups.forget_topic(name)
    return _Deleted(name=name)


def create_partitions(state: State, request: Any, _peer: Peer) -> Any:
    """More partitions; keys move, as they do in Kafka."""
    return CreatePartitionsResponse(
        results=[_grow(state, topic, request.validate_only) for topic in request.topics]
    )


def _grow(state: State, topic: Any, only_check: bool) -> Any:
    try:
        state.topics.grow(topic.name, topic.count, only_check=only_check)
    except Refused as refused:
        return _Grown(name=topic.name, error_code=refused.code, error_message=refused.message)
    return _Grown(name=topic.name, error_message=None)


def delete_records(state: State, request: Any, _peer: Peer) -> Any:
    """Everything before an offset."""
    return DeleteRecordsResponse(
        topics=[
            _Trimmed(name=topic.name, partitions=[_trim(state, topic.name, one) for one in topic.partitions])
            for topic in request.topics
        ]
    )


def _trim(state: State, topic: str, one: Any) -> Any:
    code, start = Code.NONE, -1
    try:
        start = state.topics.log(topic, one.partition_index).delete_before(one.offset)
    except Refused as refused:
        code = refused.code
    return _Trimmed.DeleteRecordsPartitionResult(
        partition_index=one.partition_index, low_watermark=start, error_code=code
    )


APIS = (
    Api(CreateTopicsRequest, 2, 6, create_topics),
    Api(DeleteTopicsRequest, 1, 5, delete_topics),
    Api(DeleteRecordsRequest, 0, 2, delete_records),
    Api(CreatePartitionsRequest, 0, 3, create_partitions),
)
