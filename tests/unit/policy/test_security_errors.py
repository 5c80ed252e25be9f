"""What is wrong with a security policy is said with file, JSON path and the nearest right word."""

import json
from pathlib import Path
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import load_security
from tests.unit.policy.support import GET_USER

ISSUER = {"issuer": "i", "audiences": ["a"], "jwks": "k"}


def rule(on: str = GET_USER, allow: str = "authenticated", when: str = "") -> dict[str, Any]:
    return {"rules": [{"on": [on], "allow": [allow], "when": when}]}


def without(key: str) -> dict[str, Any]:
    return {"issuers": [{name: value for name, value in ISSUER.items() if name != key}]}


RAW: list[tuple[str, str, str]] = [
    # the bytes of a policy, the place that is named, what is said
    ("", "p.json:1:1", "not JSON"),
    ("{", "p.json:1:2", "not JSON"),
    ("[]", "p.json", "a list where an object belongs"),
    ("null", "p.json", "null where an object belongs"),
    ('{"rules": {}}', "p.json: rules", "an object where a list belongs"),
    ('{"rules": [1]}', "p.json: rules[0]", "a number where an object belongs"),
    ('{"rulez": []}', "p.json: rulez", "unknown key, did you mean 'rules'?"),
    ('{"rules": [{"onn": []}]}', "p.json: rules[0].onn", "unknown key, did you mean 'on'?"),
    ('{"rules": [{"on": [], "on": []}]}', "p.json: rules[0]", "the key 'on' stands twice"),
    ('{"rules": [], "rules": []}', "p.json", "the key 'rules' stands twice"),
    ('{"rules": [{"on": ["x"], "when": null}]}', "p.json: rules[0].when", "null where a string belongs"),
    ('{"rules": [{"on": ["x", 1.5]}]}', "p.json: rules[0].on[1]", "a fraction where a string belongs"),
    ('{"rules": [{"on": "x"}]}', "p.json: rules[0].on", "a string where a list belongs"),
    ('{"rules": [{"on": ["\\ud800"]}]}', "p.json: rules[0].on[0]", "half of a surrogate pair"),
    ('{"rules": [{"allow": ["anyone"]}]}', "p.json: rules[0].on", "names at least one method"),
    ('{"a\\nb": 1}', "p.json: a\\nb", "unknown key"),
    ("[" * 100_000, "p.json", "too deeply nested"),
    ('{"login": ' + "9" * 5000 + "}", "p.json", "not JSON"),
]


@pytest.mark.parametrize(("text", "where", "said"), RAW)
def test_a_file_of_the_wrong_shape(contract: Contract, text: str, where: str, said: str) -> None:
    _refused(contract, text.encode(), where, said)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    # a policy, the JSON path that is named, what is said
    ({"login": "//evil.example"}, "login", "is no place to log in"),
    ({"login": "javascript:alert(1)"}, "login", "is no place to log in"),
    (without("issuer"), "issuers[0].issuer", "an issuer needs issuer"),
    (without("audiences"), "issuers[0].audiences", "an issuer needs audiences"),
    (without("jwks"), "issuers[0].jwks", "an issuer needs jwks"),
    ({"issuers": [{**ISSUER, "services": "yes"}]}, "issuers[0].services", "a string where true or false"),
    (
        {"issuers": [{**ISSUER, "issuer": "service:orders"}]},
        "issuers[0].issuer",
        "'service:orders' is no issuer",
    ),
    ({"services": {}}, "services.audiences", "services need audiences"),
    ({"services": {"audiences": ["a"]}}, "services.keys", "services need keys"),
    ({"services": {"audiences": ["a"], "key": "k"}}, "services.key", "unknown key"),
    ({"services": ["k"]}, "services", "a list where"),
    ({"issuers": [ISSUER, ISSUER]}, "issuers[1]", "'i' stands twice"),
    ({"rules": rule()["rules"] * 2}, "rules[1]", "says the same as rules[0]"),
    ({"rules": [{"on": [GET_USER, GET_USER]}]}, "rules[0].on", f"'{GET_USER}' stands twice"),
    (rule(on="shop.users.v1.Users/GetUsr"), "rules[0].on[0]", f"did you mean '{GET_USER}'"),
    (rule(on="GET /api/user/{id}"), "rules[0].on[0]", "did you mean 'GET /api/users/{user_id}'"),
    (rule(on="**"), "rules[0].on[0]", "'**' would open internal methods too"),
    (rule(on="event "), "rules[0].on[0]", "names no event type"),
    (
        rule(on="grpc.reflection.v1.ServerReflection/*"),
        "rules[0].on[0]",
        "did you mean 'grpc.reflection.v1.S",
    ),
    (rule(allow="anybody"), "rules[0].allow", "'anybody' names nobody, did you mean 'anyone'?"),
    (rule(allow="Role:admin"), "rules[0].allow", "did you mean 'role:'"),
    (rule(allow="role:"), "rules[0].allow", "no usable name"),
    (rule(allow="subject: u1"), "rules[0].allow", "no usable name"),
    (rule(allow="anyone:x"), "rules[0].allow", "names nobody"),
    (
        {"rules": [{"on": [GET_USER], "allow": ["anyone", "anyone"]}]},
        "rules[0].allow",
        "'anyone' stands twice",
    ),
    (
        rule(when="request.usr_id == ''"),
        "rules[0].when",
        f"for {GET_USER}: 1:8: undefined field 'usr_id' not found in struct 'shop.users.v1.GetUserRequest'",
    ),
    (rule(when="request.usr_id == ''"), "rules[0].when", "did you mean 'user_id'?"),
    (rule(when="rquest.user_id == ''"), "rules[0].when", "did you mean 'request'?"),
    (rule(when="response.id == ''"), "rules[0].when", "undeclared reference to 'response.id'"),
    (rule(when="true &&\n 1 == 'a'"), "rules[0].when", f"for {GET_USER}: 2:4: found no matching overload"),
    (rule(when="request.user_id"), "rules[0].when", "the expression is of type STRING"),
    (rule(when="identity.claims.ok"), "rules[0].when", "the expression is of type DYN"),
    (rule(when="  "), "rules[0].when", "Syntax error"),
    (rule(when="("), "rules[0].when", f"for {GET_USER}: 1:2: Syntax error"),
    (rule(when="x" * 5000), "rules[0].when", "expression of 5000 characters"),
    (rule(when="(" * 40 + "true" + ")" * 40), "rules[0].when", "recursion limit"),
    (
        rule(on="* /api/users/**", when="request.user_id == identity.subject"),
        "rules[0].when",
        "for shop.users.v1.Users/ListUsers: 1:8: undefined field 'user_id'",
    ),
    (
        rule(on="grpc.reflection.v1.ServerReflection/ServerReflectionInfo", when="request.x == 1"),
        "rules[0].when",
        "undeclared reference to 'request",
    ),
]


@pytest.mark.parametrize(("policy", "path", "said"), WRONG)
def test_a_policy_that_says_something_wrong(
    contract: Contract, policy: dict[str, Any], path: str, said: str
) -> None:
    _refused(contract, json.dumps(policy).encode(), f"p.json: {path}", said)


def test_every_method_needs_a_rule(contract: Contract) -> None:
    with pytest.raises(ConfigError) as caught:
        load_security(json.dumps(rule()).encode(), contract, where="p.json")
    assert caught.value.where == "p.json"
    assert "no rule for" in caught.value.what
    assert "shop.users.v1.Users/ListUsers" in caught.value.what
    assert GET_USER not in caught.value.what
    assert '"allow": []' in caught.value.fix


def test_a_file_names_itself(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "security.json"
    with pytest.raises(ConfigError, match="No such file") as caught:
        load_security(path, contract)
    assert caught.value.where == str(path)
    path.write_text("{")
    with pytest.raises(ConfigError, match="not JSON") as caught:
        load_security(path, contract)
    assert caught.value.where == f"{path}:1:2"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_security(path, contract)
    path.write_bytes(b" " * (1 << 21))
    with pytest.raises(ConfigError, match="a policy has at most"):
        load_security(path, contract)


def test_event_rules_are_checked_against_the_known_types(contract: Contract) -> None:
    types = {"shop.users.user.created.v1": "shop.users.v1.User"}
    for on, when, path, said in (
        ("event shop.user.*", "", "on[0]", "matches no event type"),
        ("event shop.users.user.creatd.v1", "", "on[0]", "did you mean 'shop.users.user.created.v1'"),
        (
            "event shop.users.*",
            "data.user_id == ''",
            "when",
            "for event shop.users.user.created.v1: 1:5: undefined",
        ),
        ("event shop.users.*", "request.id == ''", "when", "undeclared reference"),
    ):
        text = json.dumps(rule(on=on, when=when)).encode()
        with pytest.raises(ConfigError) as caught:
            load_security(text, contract, where="p.json", event_types=types, complete=False)
        assert caught.value.where == f"p.json: rules[0].{path}"
        assert said in caught.value.what


def _refused(contract: Contract, data: bytes, where: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_security(data, contract, where="p.json", complete=False)
    assert caught.value.where == where
    assert said in caught.value.what
    assert str(caught.value).startswith(f"{where}: ")
