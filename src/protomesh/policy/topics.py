"""The topics of an events policy: names, partitions, retention."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protomesh.errors import ConfigError
from protomesh.policy.document import place
from protomesh_pb.mesh.policy.v1 import events_pb2

NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}", re.ASCII)
"""Kafka's own rule for topic names."""
RETENTION = re.compile(r"([1-9]\d{0,8})(ms|s|m|h|d)", re.ASCII)
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

Format = Literal["protobuf", "json"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be. None: no bound of ours. `backlog` counts events in the outbox."""

    name: str
    partitions: int
    retention_ms: int | None
    backlog: int | None
    format: Format


def read_topics(topics: Mapping[str, events_pb2.Topic], where: str) -> dict[str, Topic]:
    """The topics of a file, in the order of their names. Raises ConfigError."""
    return {name: _topic(name, topics[name], where) for name in sorted(topics)}


def milliseconds(text: str) -> int:
    """`7d`, `12h`, `30m`, `10s` or `500ms` in milliseconds. Raises ConfigError."""
    match = RETENTION.fullmatch(text)
    if match is None:
        raise ConfigError(f"'{text}' is no duration", fix="write it as 7d, 12h, 30m, 10s or 500ms")
    return int(match[1]) * MILLISECONDS[match[2]]


def _topic(name: str, topic: events_pb2.Topic, where: str) -> Topic:
    path = f"topics.{name}"
    if not NAME.fullmatch(name) or name in {".", ".."}:
        raise ConfigError("no topic name", where=place(where, path), fix="1 to 249 of a-z A-Z 0-9 . _ -")
    for field in ("partitions", "backlog"):
        if getattr(topic, field) < 0:
            raise ConfigError("a negative number", where=place(where, f"{path}.{field}"))
    try:
        retention = milliseconds(topic.retention) if topic.retention else None
    except ConfigError as error:
        raise ConfigError(error.what, where=place(where, f"{path}.retention"), fix=error.fix) from None
    return Topic(name, topic.partitions or 1, retention, topic.backlog or None, _format(topic, where, path))


def _format(topic: events_pb2.Topic, where: str, path: str) -> Format:
    if topic.format in {"", "protobuf"}:
        return "protobuf"
    if topic.format == "json":
        return "json"
    raise ConfigError(
        f"'{topic.format}' is no format", where=place(where, f"{path}.format"), fix="protobuf or json"
    )
