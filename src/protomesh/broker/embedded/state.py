"""Everything one broker holds, read from its data directory."""

import uuid
from collections.abc import Iterator
from typing import Any

from protomesh.broker.embedded.directory import DirectoryLock
from protomesh.broker.embedded.groups import Committed, Groups, Spot
from protomesh.broker.embedded.journal import Entry, Journal
from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.topics import Topics

NODE = 1
"""The id of the one broker there is."""


class State:
    """Opens the directory. Raises ConfigError when another broker has it, or the journal is damaged."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.port = options.port
        self._lock = DirectoryLock(options.data)
        try:
            self._journal = Journal(options.data / "journal.jsonl", fsync=options.fsync)
            self.topics = Topics(options.data / "logs", self._journal, fsync=options.fsync)
            self.groups = Groups(self._journal, initial_delay=options.initial_delay)
            self._load()
        except BaseException:
            self._lock.close()
            raise

    def new_producer(self) -> int:
        """A producer id that was never given before."""
        self._last_producer += 1
        self._journal.append({"t": "producer", "last": self._last_producer})
        return self._last_producer

    def compact(self) -> None:
        """Rewrite the journal when that is worth it."""
        if self._journal.overgrown:
            self._journal.rewrite(self._entries())

    def close(self) -> None:
        """Let the directory go."""
        self.topics.close()
        self._journal.close()
        self._lock.close()

    def _entries(self) -> Iterator[Entry]:
        yield {"t": "cluster", "id": self.cluster}
        yield {"t": "producer", "last": self._last_producer}
        yield from self.topics.entries()
        yield from self.groups.entries()

    def _load(self) -> None:
        replay = _Replay()
        for entry in self._journal.entries():
            replay.take(entry)
        self.cluster = replay.cluster or str(uuid.uuid4())
        self._last_producer = replay.last_producer
        self.topics.load(replay.topics)
        self.groups.load(replay.generations, replay.offsets)
        self._journal.rewrite(self._entries())


class _Replay:
    """Sums up the journal."""

    def __init__(self) -> None:
        self.cluster = ""
        self.last_producer = 1000
        self.topics: dict[str, dict[str, Any]] = {}
        self.generations: dict[str, int] = {}
        self.offsets: dict[str, dict[Spot, Committed]] = {}

    def take(self, entry: dict[str, Any]) -> None:
        match entry["t"]:
            case "cluster":
                self.cluster = entry["id"]
            case "producer":
                self.last_producer = entry["last"]
            case "topic":
                self.topics[entry["name"]] = entry
            case "topic-gone":
                del self.topics[entry["name"]]
            case _:
                self._take_group(entry)

    def _take_group(self, entry: dict[str, Any]) -> None:
        group = entry["group"]
        match entry["t"]:
            case "generation":
                self.generations[group] = entry["generation"]
            case "commit":
                mine = self.offsets.setdefault(group, {})
                for topic, index, *committed in entry["offsets"]:
                    mine[Spot(topic, index)] = Committed(*committed)
            case "offsets-gone":
                for spot in entry["spots"]:
                    self.offsets.get(group, {}).pop(Spot(*spot), None)
            case "group-gone":
                self.generations.pop(group, None)
                self.offsets.pop(group, None)
