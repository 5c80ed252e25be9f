"""Policies: who may call what, and which calls emit which events. JSON in, compiled decisions out."""

from protomesh.policy.method import MethodPolicy
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
from protomesh.policy.security import SecurityPolicy, TrustedIssuer, load_security

__all__ = [
    "CallFacts",
    "Caller",
    "Decision",
    "ErrorFacts",
    "EventFacts",
    "Explanation",
    "MethodPolicy",
    "Outcome",
    "Principal",
    "SecurityPolicy",
    "TrustedIssuer",
    "Verdict",
    "load_security",
]
