"""`explain` over the shop's own policy."""

import json

import pytest

from tests.unit.cli.conftest import Run


def test_the_deciding_rule_is_named(shop: Run) -> None:
    said = shop("explain", "--as", "u1", "GET /api/users/u1")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("allow  shop.users.v1.Users/GetUser\n")
    assert "policies/security.json: rules[" in said.stdout


def test_a_denial_says_what_would_have_allowed_it(shop: Run) -> None:
    said = shop("explain", "--as", "u1", "GET /api/users/u2").stdout
    assert said.startswith("denied (403)  shop.users.v1.Users/GetUser\n")
    assert (
        '`request.user_id == identity.subject` held (request.user_id = "u2", identity.subject = "u1"), by '
        "policies/security.json: rules[1]" in said
    )
    assert "the caller were role:admin" in said


def test_a_visitor_is_asked_to_log_in(shop: Run) -> None:
    assert shop("explain", "GET /api/users/u1").stdout.startswith("unauthenticated (401)")


def test_json(shop: Run) -> None:
    said = json.loads(shop("explain", "--json", "--as", "x", "--role", "admin", "GET /api/users/u2").stdout)
    assert said["outcome"] == "allow"
    assert said["path"] == f"rules[{said['rule']}]"
    assert [rule["allows"] for rule in said["rules"]].count(True) == 1


def test_json_has_what_a_false_condition_read(shop: Run) -> None:
    said = json.loads(shop("explain", "--json", "--as", "u1", "GET /api/users/u2").stdout)
    assert [rule["values"] for rule in said["rules"]] == [
        {"request.user_id": "u2", "identity.subject": "u1"},
        {},
        {},
    ]


def test_what_is_shown_moves_no_cursor_and_fits_a_line(shop: Run) -> None:
    strange = "\x1b[2J\x9b\u202e" + "a" * 5000
    said = shop("explain", "--as", strange, "GET /api/users/u2").stdout
    assert r'identity.subject = "\u001b[2J\u009b\u202eaaa' in said
    assert all(line.isprintable() and len(line) < 1000 for line in said.splitlines())


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["POST /api/users", "--body", "{"], "protomesh: --body is no shop.users.v1.CreateUserRequest: not"),
        (["POST /api/users", "--body", '{"usr": 1}'], "unknown field 'usr', did you mean 'user'"),
        (["PUT /api/users/u1"], "that path takes GET, HEAD, DELETE"),
    ],
)
def test_what_is_no_request_is_told_in_one_line(shop: Run, asked: list[str], why: str) -> None:
    said = shop("explain", *asked)
    assert (said.exit_code, said.stdout) == (1, "")
    assert why in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_service_may_what_its_rule_says(shop: Run) -> None:
    method = "shop.catalog.v1.Catalog/ReserveStock"
    assert shop("explain", "--service", "fulfil_order", method).stdout.startswith("allow")
    assert shop("explain", "--as", "u1", "--role", "admin", method).stdout.startswith("denied")
