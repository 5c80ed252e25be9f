"""The contract: the descriptor set as plain records, and the selectors that policies use to point into it."""

from protomesh.contract.contract import Contract
from protomesh.contract.records import HttpBinding, Kind, Method, Resource, Service

__all__ = ["Contract", "HttpBinding", "Kind", "Method", "Resource", "Service"]
