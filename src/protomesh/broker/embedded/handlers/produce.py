"""Writing: Produce and InitProducerId."""

from typing import Any

from kafka.protocol.producer import (
    InitProducerIdRequest,
    InitProducerIdResponse,
    ProduceRequest,
    ProduceResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State

_Topic = ProduceResponse.TopicProduceResponse
_Partition = _Topic.PartitionProduceResponse
_POSSIBLE_ACKS = (-1, 0, 1)
_KNOWN_PRODUCER = 3
"""The version from which on a producer may ask for the next epoch of its own id (KIP-360)."""
_LARGEST_EPOCH = 32_766


def produce(state: State, request: Any, _peer: Peer) -> Any:
    """With acks 0 there is no answer, whatever happens."""
    answers = [
        _Topic(
            name=topic.name,
            partition_responses=[_write(state, request, topic.name, one) for one in topic.partition_data],
        )
        for topic in request.topic_data
    ]
    return None if request.acks == 0 else ProduceResponse(responses=answers)


def _write(state: State, request: Any, topic: str, partition: Any) -> Any:
    try:
        _check_acks(request.acks)
        log = state.topics.log(topic, partition.index)
        offset = log.append(bytes(partition.records or b""))
    except Refused as refused:
        return _Partition(
            index=partition.index,
            error_code=refused.code,
            base_offset=-1,
            log_append_time_ms=-1,
            log_start_offset=-1,
            error_message=refused.message,
        )
    return _Partition(
        index=partition.index, base_offset=offset, log_append_time_ms=-1, log_start_offset=log.start
    )


def _check_acks(acks: int) -> None:
    if acks not in _POSSIBLE_ACKS:
        raise Refused(Code.INVALID_REQUIRED_ACKS)


def init_producer_id(state: State, request: Any, _peer: Peer) -> Any:
    """A new producer id, or the next epoch of one. Transactions get a refusal that no client retries."""
    if request.transactional_id:
        code = Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        return InitProducerIdResponse(error_code=code, producer_id=-1, producer_epoch=-1)
    bump = request.API_VERSION >= _KNOWN_PRODUCER and request.producer_id >= 0
    if bump and 0 <= request.producer_epoch < _LARGEST_EPOCH:
        return InitProducerIdResponse(
            producer_id=request.producer_id, producer_epoch=request.producer_epoch + 1
        )
    return InitProducerIdResponse(producer_id=state.new_producer(), producer_epoch=0)


APIS = (
    Api(ProduceRequest, 3, 9, produce),
    Api(InitProducerIdRequest, 0, 4, init_producer_id),
)
