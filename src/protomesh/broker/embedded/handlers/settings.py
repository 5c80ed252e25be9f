"""Topic settings: DescribeConfigs, IncrementalAlterConfigs."""

from collections.abc import Mapping
from typing import Any

from kafka.protocol.admin import (
    DescribeConfigsRequest,
    DescribeConfigsResponse,
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
)

from protomesh.broker.embedded.api import Api
from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.peer import Peer
from protomesh.broker.embedded.state import State
from protomesh.broker.embedded.topics import DEFAULTS

_Described = DescribeConfigsResponse.DescribeConfigsResult
_Altered = IncrementalAlterConfigsResponse.AlterConfigsResourceResponse
_TOPIC, _BROKER = 2, 4
_SET_ON_TOPIC, _DEFAULT = 1, 5
_STRING = 2
_SET, _DELETE = 0, 1


def describe_configs(state: State, request: Any, _peer: Peer) -> Any:
    """Of topics, and of the broker what its options say."""
    return DescribeConfigsResponse(results=[_describe(state, one) for one in request.resources])


def _describe(state: State, one: Any) -> Any:
    try:
        own, all_of_them = _settings(state, one)
    except Refused as refused:
        return _Described(
            error_code=refused.code,
            error_message=refused.message,
            resource_type=one.resource_type,
            resource_name=one.resource_name,
        )
    asked = one.configuration_keys
    lines = [
        _Described.DescribeConfigsResourceResult(
            name=name,
            value=value,
            config_source=_SET_ON_TOPIC if name in own else _DEFAULT,
            config_type=_STRING,
            documentation=None,
        )
        for name, value in all_of_them.items()
        if asked is None or name in asked
    ]
    return _Described(
        error_message=None, resource_type=one.resource_type, resource_name=one.resource_name, configs=lines
    )


def _settings(state: State, one: Any) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What was set, and everything."""
    if one.resource_type == _TOPIC:
        topic = state.topics.get(one.resource_name)
        if topic is None:
            raise Refused(Code.UNKNOWN_TOPIC_OR_PARTITION)
        return topic.config, {**DEFAULTS, **topic.config}
    if one.resource_type == _BROKER:
        options = state.options
        return {}, {
            "auto.create.topics.enable": str(options.auto_create).lower(),
            "group.initial.rebalance.delay.ms": str(int(options.initial_delay * 1000)),
            "num.partitions": str(options.partitions),
        }
    raise Refused(Code.INVALID_REQUEST, "topics and brokers only")


def alter_configs(state: State, request: Any, _peer: Peer) -> Any:
    """SET and DELETE, of topics."""
    return IncrementalAlterConfigsResponse(
        responses=[_alter(state, one, request.validate_only) for one in request.resources]
    )


def _alter(state: State, one: Any, only_check: bool) -> Any:
    code, message = Code.NONE, None
    try:
        config = _altered(state, one)
        if not only_check:
            state.topics.configure(one.resource_name, config)
    except Refused as refused:
        code, message = refused.code, refused.message
    return _Altered(
        error_code=code,
        error_message=message,
        resource_type=one.resource_type,
        resource_name=one.resource_name,
    )


def _altered(state: State, one: Any) -> dict[str, str]:
    topic = state.topics.get(one.resource_name) if one.resource_type == _TOPIC else None
    if topic is None:
        code = Code.UNKNOWN_TOPIC_OR_PARTITION if one.resource_type == _TOPIC else Code.INVALID_REQUEST
        raise Refused(code, "settings of existing topics only")
    config = dict(topic.config)
    for change in one.configs:
        if change.config_operation == _DELETE:
            config.pop(change.name, None)
        elif change.config_operation == _SET and change.value is not None:
            config[change.name] = change.value
        else:
            raise Refused(Code.INVALID_CONFIG, f"{change.name}: only SET and DELETE are possible")
    return config


APIS = (
    Api(DescribeConfigsRequest, 1, 4, describe_configs),
    Api(IncrementalAlterConfigsRequest, 0, 1, alter_configs),
)
