"""Policies: who may call what, and which calls emit which events. JSON in, compiled decisions out."""

from protomesh.policy.availability import Availability
from protomesh.policy.emit import CompiledEmit, Emission
from protomesh.policy.events import EventsPolicy, MethodEvents, load_events, load_topics
from protomesh.policy.lint import Finding, lint_security
from protomesh.policy.method import MethodPolicy
from protomesh.policy.read_values import REDACTED, UNKNOWN
from protomesh.policy.records import (
    Caller,
    CallFacts,
    Decision,
    ErrorFacts,
    EventFacts,
    Explanation,
    Outcome,
    Principal,
    Verdict,
)
from protomesh.policy.redact import Redactor
from protomesh.policy.scope import Scope
from protomesh.policy.security import SecurityPolicy, TrustedIssuer, TrustedServices, load_security
from protomesh.policy.topics import Topic

__all__ = [
    "REDACTED",
    "UNKNOWN",
    "Availability",
    "CallFacts",
    "Caller",
    "CompiledEmit",
    "Decision",
    "Emission",
    "ErrorFacts",
    "EventFacts",
    "EventsPolicy",
    "Explanation",
    "Finding",
    "MethodEvents",
    "MethodPolicy",
    "Outcome",
    "Principal",
    "Redactor",
    "Scope",
    "SecurityPolicy",
    "Topic",
    "TrustedIssuer",
    "TrustedServices",
    "Verdict",
    "lint_security",
    "load_events",
    "load_security",
    "load_topics",
]
