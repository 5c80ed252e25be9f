"""The policy files of a project, loaded against its contract."""

from protomesh.app.process import Process
from protomesh.policy import EventsPolicy, SecurityPolicy, load_events, load_security


def load_events_policy(process: Process) -> EventsPolicy:
    """Raises ConfigError."""
    return load_events(process.project / "policies" / "events.json", process.contract)


def load_security_policy(process: Process) -> SecurityPolicy:
    """Raises ConfigError."""
    policies = process.project / "policies"
    types = load_events_policy(process).types if (policies / "events.json").exists() else {}
    return load_security(policies / "security.json", process.contract, event_types=types)
