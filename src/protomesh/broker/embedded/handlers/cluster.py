"""Who is there: ApiVersions, Metadata, FindCoordinator, DescribeCluster."""

from typing import Any

from kafka.protocol.admin import DescribeClusterRequest, DescribeClusterResponse
from kafka.protocol.metadata import (
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    MetadataRequest,
    MetadataResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import NODE, State
from protomesh.broker.embedded.topics import check_name

_Topic = MetadataResponse.MetadataResponseTopic
_GROUP = 0
_MAY_FORBID_CREATION = 4
"""The version from which on the client says whether a missing topic may be created."""


def metadata(state: State, request: Any, _peer: Peer) -> Any:
    """One broker, which leads everything."""
    broker = MetadataResponse.MetadataResponseBroker(node_id=NODE, host=state.options.host, port=state.port)
    if request.topics is None or (request.API_VERSION == 0 and not request.topics):
        names = [topic.name for topic in state.topics]
    else:
        names = [topic.name for topic in request.topics]
        _create_missing(state, request, names)
    return MetadataResponse(
        brokers=[broker],
        cluster_id=state.cluster,
        controller_id=NODE,
        topics=[_describe(state, name) for name in names],
    )


def _create_missing(state: State, request: Any, names: list[str]) -> None:
    allowed = request.API_VERSION < _MAY_FORBID_CREATION or request.allow_auto_topic_creation
    if not state.options.auto_create or not allowed:
        return
    for name in names:
        try:
            state.topics.create(name, state.options.partitions, {})
        except Refused:
            continue  # it exists, or its description says what is wrong with its name


def _describe(state: State, name: str) -> Any:
    topic = state.topics.get(name)
    if topic is None:
        code = Code.UNKNOWN_TOPIC_OR_PARTITION
        try:
            check_name(name)
        except Refused as refused:
            code = refused.code
        return _Topic(name=name, error_code=code)
    partitions = [
        _Topic.MetadataResponsePartition(
            partition_index=index, leader_id=NODE, leader_epoch=0, replica_nodes=[NODE], isr_nodes=[NODE]
        )
        for index in range(len(topic.logs))
    ]
    return _Topic(name=name, partitions=partitions)


def find_coordinator(state: State, request: Any, _peer: Peer) -> Any:
    """For groups this broker; for transactions a refusal that no client retries."""
    if request.API_VERSION > 0 and request.key_type != _GROUP:
        return FindCoordinatorResponse(
            error_code=Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            error_message="this broker has no transactions",
            node_id=-1,
            port=-1,
        )
    return FindCoordinatorResponse(node_id=NODE, host=state.options.host, port=state.port)


def describe_cluster(state: State, _request: Any, _peer: Peer) -> Any:
    """A cluster of one."""
    one = DescribeClusterResponse.DescribeClusterBroker(
        broker_id=NODE, host=state.options.host, port=state.port
    )
    return DescribeClusterResponse(cluster_id=state.cluster, controller_id=NODE, brokers=[one])


APIS = (
    Api(MetadataRequest, 0, 9, metadata),
    Api(FindCoordinatorRequest, 0, 3, find_coordinator),
    Api(DescribeClusterRequest, 0, 0, describe_cluster),
)
