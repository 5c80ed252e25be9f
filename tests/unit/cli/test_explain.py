"""`explain` over the shop's own policy."""

import json

from tests.unit.cli.conftest import Run


def test_the_deciding_rule_is_named(shop: Run) -> None:
    said = shop("explain", "--as", "u1", "GET /api/users/u1")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("allow  shop.users.v1.Users/GetUser\n")
    assert "policies/security.json: rules[" in said.stdout


def test_a_denial_says_what_would_have_allowed_it(shop: Run) -> None:
    said = shop("explain", "--as", "u1", "GET /api/users/u2").stdout
    assert said.startswith("denied (403)  shop.users.v1.Users/GetUser\n")
    assert "`request.user_id == identity.subject` held" in said
    assert "the caller were role:admin" in said


def test_a_visitor_is_asked_to_log_in(shop: Run) -> None:
    assert shop("explain", "GET /api/users/u1").stdout.startswith("unauthenticated (401)")


def test_json(shop: Run) -> None:
    said = json.loads(shop("explain", "--json", "--as", "x", "--role", "admin", "GET /api/users/u2").stdout)
    assert said["outcome"] == "allow"
    assert said["path"] == f"rules[{said['rule']}]"
    assert [rule["allows"] for rule in said["rules"]].count(True) == 1


def test_a_service_may_what_its_rule_says(shop: Run) -> None:
    method = "shop.catalog.v1.Catalog/ReserveStock"
    assert shop("explain", "--service", "fulfil_order", method).stdout.startswith("allow")
    assert shop("explain", "--as", "u1", "--role", "admin", method).stdout.startswith("denied")
