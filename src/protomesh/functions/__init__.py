"""Functions: handlers that react to events, each with its own group, identity and dead letters."""

from protomesh.functions.context import FunctionContext
from protomesh.functions.dead_letters import DeadLetters, dead_letter
from protomesh.functions.decorator import function, spec_of
from protomesh.functions.discovery import check_messages, check_topics, discover
from protomesh.functions.event import Event
from protomesh.functions.health import FunctionHealth, HealthLog
from protomesh.functions.lifeline import create_dead_letter_topics
from protomesh.functions.outcomes import DeadLetter, Drop, Retry
from protomesh.functions.runtime import Runtime
from protomesh.functions.spec import FunctionSpec
from protomesh.functions.surroundings import Surroundings
from protomesh.lanes import Retries

__all__ = [
    "DeadLetter",
    "DeadLetters",
    "Drop",
    "Event",
    "FunctionContext",
    "FunctionHealth",
    "FunctionSpec",
    "HealthLog",
    "Retries",
    "Retry",
    "Runtime",
    "Surroundings",
    "check_messages",
    "check_topics",
    "create_dead_letter_topics",
    "dead_letter",
    "discover",
    "function",
    "spec_of",
]
