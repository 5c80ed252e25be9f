"""The contract: the descriptor set as plain records, and the selectors that policies use to point into it."""

from protomesh.contract.answers import Answer, answer_kind, creates
from protomesh.contract.contract import Contract
from protomesh.contract.records import HttpBinding, Kind, Method, Resource, Service
from protomesh.contract.selectors import event_matches, event_pattern, nearest, resolve

__all__ = [
    "Answer",
    "Contract",
    "HttpBinding",
    "Kind",
    "Method",
    "Resource",
    "Service",
    "answer_kind",
    "creates",
    "event_matches",
    "event_pattern",
    "nearest",
    "resolve",
]
