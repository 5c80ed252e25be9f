"""Policies written in a few words, and the calls that are put to them."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from protomesh.contract import Contract
from protomesh.policy import CallFacts, SecurityPolicy, load_security

GET_USER = "shop.users.v1.Users/GetUser"
CREATE_ORDER = "shop.orders.v1.Orders/CreateOrder"

Rules = list[dict[str, Any]]


def security(
    contract: Contract, rules: Rules, event_types: Mapping[str, str] | None = None
) -> SecurityPolicy:
    """A policy of some rules, which need not cover every method."""
    text = json.dumps({"rules": rules})
    return load_security(text.encode(), contract, event_types=event_types, complete=False)


def call(method: str, **facts: Any) -> CallFacts:
    return CallFacts(method, **facts)


def request(contract: Contract, method: str, fields: Mapping[str, Any]) -> Message:
    """A request of a method's own type."""
    return contract.message(contract.methods[method].request)(**fields)
