"""Roles that the mesh gives to users."""

import json
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import SecurityPolicy, load_security

GET_USER = "shop.users.v1.Users/GetUser"


def load(contract: Contract, grants: Any) -> SecurityPolicy:
    text = json.dumps({"rules": [], "grants": grants}).encode()
    return load_security(text, contract, where="s.json", complete=False)


def test_a_user_has_the_roles_that_name_him(contract: Contract) -> None:
    policy = load(
        contract, [{"role": "admin", "subjects": ["root", "ann"]}, {"role": "carrier", "subjects": ["ann"]}]
    )
    assert policy.roles_of("ann") == {"admin", "carrier"}
    assert policy.roles_of("root") == {"admin"}
    assert policy.roles_of("") == policy.roles_of("bob") == frozenset()


@pytest.mark.parametrize(
    ("grants", "where"),
    [
        ([{"role": "", "subjects": []}], "grants[0].role"),
        ([{"role": " admin", "subjects": []}], "grants[0].role"),
        ([{"role": "a", "subjects": ["x", ""]}], "grants[0].subjects[1]"),
        ([{"role": "a", "subjects": ["x", "x"]}], "grants[0].subjects[1]"),
        ([{"role": "a", "subjects": ["service:orders"]}], "grants[0].subjects[0]"),
        ([{"role": "a", "subjects": ["x"]}, {"role": "a", "subjects": ["y"]}], "grants[1]"),
        ({"admin": ["root"]}, "grants"),
        ([{"role": "a", "subject": ["x"]}], "grants[0]"),
    ],
)
def test_a_wrong_one_is_refused_with_its_place(contract: Contract, grants: Any, where: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(contract, grants)
    assert str(told.value).startswith(f"s.json: {where}"), told.value


def test_a_policy_speaks_of_users_in_grants_in_rules_and_in_conditions(contract: Contract) -> None:
    rules = [
        {"on": [GET_USER], "allow": ["subject:auditor"]},
        {"on": [GET_USER], "allow": ["authenticated"], "when": "'chief' == identity.subject"},
        {"on": [GET_USER], "allow": ["authenticated"], "when": "call.subject in ['deputy', 'clerk']"},
        {"on": [GET_USER], "allow": ["authenticated"], "when": "request.user_id == 'shown'"},
    ]
    grants = [{"role": "admin", "subjects": ["root"]}]
    text = json.dumps({"rules": rules, "grants": grants}).encode()
    policy = load_security(text, contract, where="s.json", complete=False)
    people = ("auditor", "chief", "deputy", "clerk", "root", "shown", "ann", "")
    assert [each for each in people if policy.names(each)] == ["auditor", "chief", "deputy", "clerk", "root"]
