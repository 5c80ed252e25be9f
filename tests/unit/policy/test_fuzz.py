"""Policies that are nearly right: a clear error, or one that allows nobody whom its text does not name."""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from protomesh.contract import Contract, resolve
from protomesh.errors import ConfigError
from protomesh.policy import Caller, SecurityPolicy, load_security
from protomesh.policy.parse_rules import FOREIGN_METHODS
from tests.unit.policy.support import call, request
from tests.unit.policy.test_properties import SLOW

VALID: dict[str, Any] = {
    "issuers": [{"issuer": "mesh", "audiences": ["shop"], "jwks": "service:identity", "services": True}],
    "login": "/login",
    "grants": [{"role": "admin", "subjects": ["root"]}],
    "rules": [
        {
            "on": ["GET /api/users/{user_id}"],
            "allow": ["authenticated"],
            "when": "request.user_id == identity.subject",
        },
        {"on": ["shop.users.v1.Users/*"], "allow": ["role:admin"]},
        {"on": ["GET /api/products/**"], "allow": ["anyone"]},
        {"on": ["shop.catalog.v1.Catalog/ReserveStock"], "allow": ["service:orders", "scope:stock"]},
        {"on": ["event shop.orders.*"], "allow": ["subject:u1"], "when": "event.id != ''"},
    ],
}
WORDS = [
    "anyone",
    "authenticated",
    "role:admin",
    "service:",
    "subject:u2",
    "true",
    "**",
    "* /**",
    "event *",
    "",
    "\ud800",
]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(WORDS),
    st.just([]), st.just({}), st.sampled_from(VALID["rules"]),
)  # fmt: skip
CALLERS = [
    Caller(),
    Caller("u1"),
    Caller("u2", scopes=frozenset({"stock"})),
    Caller("root", frozenset({"admin"})),
    Caller(service="orders"),
    Caller("u1", service="fulfil_order"),
    Caller(roles=frozenset({"admin"}), scopes=frozenset({"stock"})),
]


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """The valid policy with some places changed."""
    document = copy.deepcopy(VALID)
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(list(_places(document))))
        _change(draw, holder, key)
    return document


def _places(value: Any) -> Any:
    """Every place of a JSON value, as the list or object and the index or key."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _change(draw: st.DrawFn, holder: Any, key: Any) -> None:
    how = draw(st.sampled_from(["replace", "remove", "edit", "double", "wrap"]))
    old = holder[key]
    if how == "remove" and len(holder) > 1:
        del holder[key]
    elif how == "edit" and isinstance(old, str):
        at = draw(st.integers(0, len(old)))
        holder[key] = old[:at] + draw(st.sampled_from(["", "x", "*", "/", ":", "'", " "])) + old[at + 1 :]
    elif how == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(old))
    else:
        holder[key] = [old] if how == "wrap" else copy.deepcopy(draw(VALUES))


@SLOW
@given(documents())
def test_a_policy_that_is_nearly_right(contract: Contract, document: Any) -> None:
    _error_or_no_stranger(contract, json.dumps(document).encode())


@SLOW
@given(st.data())
def test_bytes_of_a_policy_that_are_changed(contract: Contract, data: st.DataObject) -> None:
    text = bytearray(json.dumps(VALID).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"}", b","])
        )
    _error_or_no_stranger(contract, bytes(text))


def test_the_policy_that_is_changed_is_valid_and_allows(contract: Contract) -> None:
    policy = load_security(json.dumps(VALID).encode(), contract, complete=False)
    assert _strangers(contract, policy, VALID) == []
    method = "shop.users.v1.Users/GetUser"
    assert policy.decide(
        method, CALLERS[1], call(method), request(contract, method, {"user_id": "u1"})
    ).allowed


def _error_or_no_stranger(contract: Contract, text: bytes) -> None:
    try:
        policy = load_security(text, contract, complete=False)
    except ConfigError as error:
        said = str(error)
    else:
        strangers = _strangers(contract, policy, json.loads(text))
        assert strangers == []
        return
    assert said.startswith("security.json")
    assert said.isprintable(), said


def _strangers(contract: Contract, policy: SecurityPolicy, document: Any) -> list[Any]:
    """Calls that are allowed by a rule whose text does not name the caller and the method."""
    found = []
    for name, method in contract.methods.items():
        asked: Any = contract.message(method.request)()
        if "user_id" in method.bindings[0].variables if method.bindings else False:
            asked.user_id = "u1"
        for who in CALLERS:
            decision = policy.decide(name, who, call(name), asked)
            if decision.allowed:
                rule = document["rules"][decision.rule]
                named = any(_names(each, who) for each in rule["allow"])
                if not named or not any(_on(contract, each, name) for each in rule["on"]):
                    found.append((name, who, rule))
    return found


def _names(text: str, who: Caller) -> bool:
    """Written apart from the parser: what `allow` means."""
    form, _, name = text.partition(":")
    if form == "service":
        return bool(name) and who.service == name
    known = {"role": who.roles, "scope": who.scopes, "subject": {who.subject}}
    return text == "anyone" or (
        bool(who.subject) and (text == "authenticated" or name in known.get(form, ()))
    )


def _on(contract: Contract, selector: str, method: str) -> bool:
    if selector.startswith("event ") or selector in FOREIGN_METHODS:
        return False
    return method in {each.full_name for each in resolve(contract, selector)}
