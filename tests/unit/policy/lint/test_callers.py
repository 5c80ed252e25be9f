"""Callers whom nobody can be, and issuers whom nothing asks for."""

import json
from pathlib import Path
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.policy import SecurityPolicy, lint_security, load_security
from protomesh.policy.lint import Finding, roles_without_grant, unknown_services, unneeded_issuers
from tests.unit.policy.lint.test_idle import SELF, rule
from tests.unit.policy.support import GET_USER

ROOT = Path(__file__).parents[4]
MESH = {"issuer": "mesh", "audiences": ["a"], "jwks": "service:identity", "services": True}
DEVELOPMENT = {"issuer": "development", "audiences": ["a"], "jwks": "development:jwks.json", "services": True}
OTHER = {"issuer": "https://login.example", "audiences": ["a"], "jwks": "https://login.example/jwks.json"}
ADMIN = [{"role": "admin", "subjects": ["root"]}]


def policy(contract: Contract, **document: Any) -> SecurityPolicy:
    return load_security(json.dumps(document).encode(), contract, complete=False)


def said(found: Any) -> list[str]:
    return [str(each) for each in found]


def test_a_role_that_no_grant_gives(contract: Contract) -> None:
    rules = [
        rule(GET_USER, "anyone", when="'clerk' in identity.roles"),
        rule(GET_USER, "service:a", "role:admn"),
    ]
    given = policy(contract, issuers=[MESH, DEVELOPMENT], grants=ADMIN, rules=rules)
    why = "role-without-grant: nobody has the role '{}', no grant gives it"
    assert said(roles_without_grant(given)) == [
        f"rules[1].allow[1]: {why.format('admn')}, did you mean 'admin'?",
        f"rules[0].when: {why.format('clerk')}",
    ]
    assert len(said(roles_without_grant(policy(contract, rules=rules)))) == 2
    empty = policy(contract, grants=[{"role": "admn"}], rules=rules[1:])
    assert len(said(roles_without_grant(empty))) == 1


def test_a_role_that_a_grant_or_another_issuer_gives(contract: Contract) -> None:
    rules = [
        rule(GET_USER, "role:admin", "scope:x", when="'admin' in identity.roles && 'y' in identity.scopes")
    ]
    assert said(roles_without_grant(policy(contract, issuers=[MESH], grants=ADMIN, rules=rules))) == []
    assert said(roles_without_grant(policy(contract, issuers=[MESH, OTHER], rules=rules))) == []


def test_a_service_that_is_none(contract: Contract) -> None:
    rules = [rule(GET_USER, "service:orders", "service:fulfil_ordr", "subject:nobody")]
    given = policy(contract, issuers=[MESH, DEVELOPMENT, OTHER], rules=rules)
    (found,) = said(unknown_services(given, ["orders", "fulfil_order"]))
    assert found.startswith(
        "rules[0].allow[1]: unknown-service: 'fulfil_ordr' is no service, function or client"
    )
    assert found.endswith("did you mean 'fulfil_order'?")
    assert said(unknown_services(given, ["orders", "fulfil_ordr"])) == []
    elsewhere = policy(contract, issuers=[{**OTHER, "services": True}], rules=rules)
    assert said(unknown_services(elsewhere, [])) == []


@pytest.mark.parametrize(
    ("rules", "needless"),
    [
        ([rule(GET_USER, "anyone")], ["issuers[0]", "issuers[1]"]),
        ([rule(GET_USER, "anyone", when="request.user_id == 'x'")], ["issuers[0]", "issuers[1]"]),
        ([rule(GET_USER)], ["issuers[0]", "issuers[1]"]),
        ([rule(GET_USER, "service:a")], ["issuers[1]"]),
        ([rule(GET_USER, "anyone", when="call.service == ''")], ["issuers[1]"]),
        ([rule(GET_USER, "anyone", when=SELF)], []),
        ([rule(GET_USER, "anyone", when="call.subject == 'x'")], []),
        ([rule(GET_USER, "anyone", when="'a' in identity.roles")], []),
        ([rule(GET_USER, "authenticated")], []),
        ([rule(GET_USER, "scope:x")], []),
        ([rule("event shop.*", "anyone")], []),
    ],
)
def test_an_issuer_whom_no_rule_asks_for(contract: Contract, rules: list[Any], needless: list[str]) -> None:
    given = policy(contract, issuers=[MESH, OTHER], rules=rules)
    assert [each.path for each in unneeded_issuers(given)] == needless


def test_all_lints_are_asked_and_each_finding_told_once(contract: Contract) -> None:
    users = [
        rule("* /api/users/{x}", "authenticated", "role:a", when="true"),
        rule(GET_USER, "anyone", "service:b"),
    ]
    rules = [*users, rule("DELETE /api/users/{x}", "anyone"), rule("GET /api/users/{x}/**", "authenticated")]
    rules.append(rule("GET /api/products/{x}", "role:a"))
    rules.append(rule("DELETE /api/products/{x}", "anyone"))
    found = lint_security(policy(contract, issuers=[MESH], rules=rules), contract, [])
    assert {each.lint for each in found} == {
        "unreachable-rule",
        "idle-principal",
        "constant-condition",
        "wide-write",
        "open-user-path",
        "role-without-grant",
        "unknown-service",
    }
    assert len(set(found)) == len(found)


def test_the_reference_policy_has_no_warning(contract: Contract) -> None:
    reference = load_security(ROOT / "policies/security.json", contract)
    callers = {
        "users",
        "catalog",
        "orders",
        "identity",
        "portal",
        "fulfil_order",
        "release_order",
        "welcome_email",
    }
    assert lint_security(reference, contract, {*callers, "nightly_cleanup"}) == ()
    (missing,) = lint_security(reference, contract, callers)
    assert isinstance(missing, Finding)
    assert "nightly_cleanup" in missing.reason
