"""Topics: their settings and their partitions' logs."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.journal import Entry, Journal
from protomesh.broker.embedded.log import LogLimits, PartitionLog

DEFAULTS: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "max.message.bytes": "1048588",
    "message.timestamp.type": "CreateTime",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": "604800000",
    "segment.bytes": "67108864",
}
"""Kafka's own, but for smaller segments. Settings that are not named here are kept and mean nothing."""

MOST_PARTITIONS = 1000
_NUMBERS = ("max.message.bytes", "retention.bytes", "retention.ms", "segment.bytes")
_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")


@dataclass(slots=True)
class Topic:
    """`config` holds what was set; the rest is DEFAULTS."""

    name: str
    config: dict[str, str]
    logs: list[PartitionLog]


class Topics:
    """All topics of the broker. Changes go into the journal before they are answered."""

    def __init__(self, directory: Path, journal: Journal, *, fsync: bool) -> None:
        self._directory = directory
        self._journal = journal
        self._fsync = fsync
        self._topics: dict[str, Topic] = {}
        directory.mkdir(parents=True, exist_ok=True)

    def load(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Open what the journal knows, and remove the remains of what it does not."""
        for name, entry in kept.items():
            config = dict(entry["config"])
            self._topics[name] = Topic(name, config, [])
            self._open(self._topics[name], int(entry["partitions"]))
        known = {self._place(topic.name, index) for topic in self for index in range(len(topic.logs))}
        for path in self._directory.iterdir():
            if path not in known:
                shutil.rmtree(path)

    def entries(self) -> Iterator[Entry]:
        """What the journal must hold."""
        return map(_entry, self)

    def __iter__(self) -> Iterator[Topic]:
        return iter(tuple(self._topics.values()))

    def get(self, name: str) -> Topic | None:
        """The topic, if there is one of that name."""
        return self._topics.get(name)

    def log(self, name: str, index: int) -> PartitionLog:
        """Raises Refused when there is no such partition."""
        topic = self._topics.get(name)
        if topic is None or not 0 <= index < len(topic.logs):
            raise Refused(Code.UNKNOWN_TOPIC_OR_PARTITION)
        return topic.logs[index]

    def check_new(self, name: str, partitions: int, config: Mapping[str, str]) -> None:
        """Raises Refused when such a topic cannot be created."""
        if name in self._topics:
            raise Refused(Code.TOPIC_ALREADY_EXISTS, f"topic '{name}' already exists")
        check_name(name)
        _check_partitions(partitions)
        limits_of(config)

    def create(self, name: str, partitions: int, config: Mapping[str, str]) -> None:
        """Raises Refused."""
        self.check_new(name, partitions, config)
        topic = Topic(name, dict(config), [])
        for index in range(partitions):
            shutil.rmtree(self._place(name, index), ignore_errors=True)
        self._open(topic, partitions)
        self._topics[name] = topic
        self._journal.append(_entry(topic))

    def grow(self, name: str, partitions: int, *, only_check: bool) -> None:
        """Add partitions until there are `partitions`. Raises Refused."""
        topic = self._existing(name)
        _check_partitions(partitions)
        if partitions <= len(topic.logs):
            raise Refused(Code.INVALID_PARTITIONS, f"topic '{name}' has {len(topic.logs)} partitions already")
        if not only_check:
            self._open(topic, partitions)
            self._journal.append(_entry(topic))

    def configure(self, name: str, config: Mapping[str, str]) -> None:
        """Replace what was set. Raises Refused."""
        topic = self._existing(name)
        limits = limits_of(config)
        topic.config = dict(config)
        for log in topic.logs:
            log.limits = limits
        self._journal.append(_entry(topic))

    def delete(self, name: str) -> None:
        """Raises Refused. Journal first: a kill may leave files without a topic, never the reverse."""
        topic = self._existing(name)
        self._journal.append({"t": "topic-gone", "name": name})
        del self._topics[name]
        for index, log in enumerate(topic.logs):
            log.close()
            shutil.rmtree(self._place(name, index), ignore_errors=True)

    def retain(self, now_ms: int) -> None:
        """Apply retention to every topic whose policy is to delete."""
        for topic in self:
            if "delete" in setting(topic, "cleanup.policy"):
                for log in topic.logs:
                    log.retain(now_ms)

    def close(self) -> None:
        """The files stay."""
        for topic in self:
            for log in topic.logs:
                log.close()

    def _existing(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            raise Refused(Code.UNKNOWN_TOPIC_OR_PARTITION)
        return topic

    def _open(self, topic: Topic, partitions: int) -> None:
        limits = limits_of(topic.config)
        topic.logs.extend(
            PartitionLog(self._place(topic.name, index), limits, fsync=self._fsync)
            for index in range(len(topic.logs), partitions)
        )

    def _place(self, name: str, index: int) -> Path:
        return self._directory / f"{name}-{index}"


def setting(topic: Topic, name: str) -> str:
    """The topic's own value, else the default."""
    return topic.config.get(name, DEFAULTS[name])


def check_name(name: str) -> None:
    """Raises Refused for a name that Kafka would not take either."""
    if not _NAME.fullmatch(name) or name in {".", ".."}:
        raise Refused(Code.INVALID_TOPIC, f"'{name}' is no valid topic name")


def limits_of(config: Mapping[str, str]) -> LogLimits:
    """Raises Refused when a number is none."""
    numbers: dict[str, int] = {}
    for name in _NUMBERS:
        value = config.get(name, DEFAULTS[name])
        try:
            numbers[name] = int(value)
        except ValueError as error:
            raise Refused(Code.INVALID_CONFIG, f"{name} = {value!r} is no number") from error
    return LogLimits(
        segment_bytes=max(1, numbers["segment.bytes"]),
        message_bytes=numbers["max.message.bytes"],
        retention_ms=numbers["retention.ms"],
        retention_bytes=numbers["retention.bytes"],
    )


def _check_partitions(partitions: int) -> None:
    if not 1 <= partitions <= MOST_PARTITIONS:
        raise Refused(
            Code.INVALID_PARTITIONS, f"{partitions} partitions; 1 to {MOST_PARTITIONS} are possible"
        )


def _entry(topic: Topic) -> Entry:
    return {"t": "topic", "name": topic.name, "partitions": len(topic.logs), "config": topic.config}
