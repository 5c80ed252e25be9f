"""The policy files of a project, loaded against its contract."""

from collections.abc import Mapping
from pathlib import Path

from protomesh.app.process import Process
from protomesh.policy import EventsPolicy, SecurityPolicy, Topic, load_events, load_security, load_topics


def load_events_policy(process: Process) -> EventsPolicy:
    """Raises ConfigError."""
    return load_events(_events(process), process.contract)


def load_declared_topics(process: Process) -> Mapping[str, Topic]:
    """The topics alone, for a process that emits nothing: compiling all rules costs it time and memory.

    Raises ConfigError.
    """
    return load_topics(_events(process))


def load_security_policy(process: Process, events: EventsPolicy | None = None) -> SecurityPolicy:
    """`events` is the events policy where the caller has it; otherwise it is read too. Raises ConfigError."""
    if events is None and _events(process).exists():
        events = load_events_policy(process)
    types = events.types if events else {}
    return load_security(_events(process).with_name("security.json"), process.contract, event_types=types)


def _events(process: Process) -> Path:
    return process.project / "policies" / "events.json"
