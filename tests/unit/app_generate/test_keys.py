"""The development key, and the tokens that a process signs with it."""

import json
import stat
from pathlib import Path

import pytest

from protomesh.app.keys import LIFETIME, ServiceToken, ensure, key_path, signer
from protomesh.errors import ConfigError
from protomesh.testing import FakeClock
from protomesh.tokens import Issuer, Verifier, read_jwks


def verifier(state_dir: Path, clock: FakeClock) -> Verifier:
    keys = read_jwks(json.loads((state_dir / "jwks.json").read_text()), "jwks.json")
    return Verifier([Issuer("development", frozenset({"shop"}), keys, services=True)], clock)


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    ensure(tmp_path)
    key = key_path(tmp_path).read_text()
    ensure(tmp_path)
    assert key_path(tmp_path).read_text() == key
    assert stat.S_IMODE(key_path(tmp_path).stat().st_mode) == 0o600
    assert "PRIVATE" not in (tmp_path / "jwks.json").read_text()
    assert '"d"' not in (tmp_path / "jwks.json").read_text()


def test_what_it_signs_is_believed(tmp_path: Path) -> None:
    clock = FakeClock()
    ensure(tmp_path)
    token = signer(tmp_path, clock, "development").sign("u1", "shop", roles=["admin"])
    found = verifier(tmp_path, clock).verify(token)
    assert (found.subject, set(found.roles), found.issuer) == ("u1", {"admin"}, "development")


def test_it_signs_nothing_in_production(tmp_path: Path) -> None:
    ensure(tmp_path)
    with pytest.raises(ConfigError, match="environment = production: the development key signs nothing here"):
        signer(tmp_path, FakeClock(), "production")


def test_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"development.pem: no such key \(protomesh up makes it\)"):
        signer(tmp_path, FakeClock(), "development")


def test_a_service_s_token_is_renewed_before_it_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    ensure(tmp_path)
    token = ServiceToken("orders", "shop", signer(tmp_path, clock, "development"), clock)
    check = verifier(tmp_path, clock)
    first = token()
    assert check.verify(first).service == "orders"
    clock.advance(LIFETIME / 2 - 1)
    assert token() == first
    for _ in range(10):
        clock.advance(LIFETIME / 2)
        assert check.verify(token()).service == "orders", "it had ended"
    assert token() != first
