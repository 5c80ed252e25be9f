"""`token`: signed by the state directory's key, and only in development."""

import json
import time
from pathlib import Path

import pytest

from protomesh.app import keys
from protomesh.clock import SystemClock
from protomesh.tokens import Issuer, Verifier, read_jwks
from tests.unit.cli.conftest import Run


def verifier(state: Path) -> Verifier:
    found = read_jwks(json.loads((state / "jwks.json").read_text()), "jwks.json")
    return Verifier([Issuer("development", frozenset({"shop"}), found, services=True)], SystemClock())


def test_a_user(shop: Run, tmp_path: Path) -> None:
    keys.ensure(tmp_path / "state")
    said = shop(
        "token", "--subject", "u1", "--role", "admin", "--role", "carrier", "--scope", "s", "--for", "15m"
    )
    assert said.exit_code == 0, said.output
    who = verifier(tmp_path / "state").verify(said.stdout.strip())
    assert (who.subject, set(who.roles), set(who.scopes), who.service) == (
        "u1",
        {"admin", "carrier"},
        {"s"},
        "",
    )
    assert 850 < who.expires - time.time() <= 900


def test_a_service(shop: Run, tmp_path: Path) -> None:
    keys.ensure(tmp_path / "state")
    who = verifier(tmp_path / "state").verify(shop("token", "--service", "orders").stdout.strip())
    assert who.service == "orders"


def test_without_a_key_it_says_how_to_get_one(shop: Run) -> None:
    said = shop("token", "--subject", "u1")
    assert said.exit_code == 2
    assert "protomesh up makes it" in said.stderr


def test_in_production_it_is_refused(shop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.ensure(tmp_path / "state")
    monkeypatch.setenv("PROTOMESH_ENVIRONMENT", "production")
    said = shop("token", "--subject", "u1")
    assert said.exit_code == 2
    assert "production" in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize(
    "arguments", [(), ("--subject", "u1", "--service", "users"), ("--subject", "u1", "--for", "0s")]
)
def test_what_makes_no_sense_is_refused(shop: Run, arguments: tuple[str, ...]) -> None:
    assert shop("token", *arguments).exit_code == 2
