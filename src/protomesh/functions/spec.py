"""A function's declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from protomesh.functions.context import FunctionContext
from protomesh.functions.event import Event
from protomesh.lanes import Retries

Handler = Callable[[Event[Any], FunctionContext], object]


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What `@function` records. Times in seconds."""

    name: str
    topic: str
    type: str
    """A CloudEvents type; `*` stands for anything."""
    message: str
    """The full name of the message in the handler's `Event[…]`."""
    retries: Retries
    timeout: float
    concurrency: int
    by_key: bool
    handler: Handler
    file: Path

    @property
    def group(self) -> str:
        """The consumer group."""
        return f"fn.{self.name}"

    @property
    def dead_letter_topic(self) -> str:
        """Where events go that keep failing."""
        return f"fn.{self.name}.dlq"

    def wants(self, event_type: str) -> bool:
        """Whether events of this type are its business."""
        return fnmatchcase(event_type, self.type)
