"""`keys new`: a pair for a service, and nothing of value overwritten."""

import json
import stat
from pathlib import Path

import pytest

from protomesh.clock import SystemClock
from protomesh.tokens import ServiceKeys, Signer, Verifier
from tests.unit.cli.conftest import Run
from tests.unit.tokens.test_files import LOG


class Pair:
    """The two folders of a command line, and whether what lies there fits together."""

    def __init__(self, folder: Path) -> None:
        self.private, self.public = folder / "private", folder / "public"
        self.told = ("--private", str(self.private), "--public", str(self.public))
        self.pem, self.jwks = self.private / "orders.pem", self.public / "orders.json"

    def believed(self, pem: str) -> bool:
        keys = ServiceKeys([self.public], ["shop"], where="here", log=LOG)
        token = Signer(pem, "", "service:orders", SystemClock()).sign("service:orders", "shop")
        return Verifier(keys.issuers, SystemClock()).verify(token).service == "orders"

    def count(self) -> int:
        return len(json.loads(self.jwks.read_text())["keys"])


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def new(shop: Run, pair: Pair, *more: str) -> str:
    said = shop("keys", "new", "orders", *pair.told, *more)
    assert said.exit_code == 0, said.output
    return said.stdout


def test_a_pair(shop: Run, pair: Pair) -> None:
    assert new(shop, pair) == f"private {pair.pem}\npublic  {pair.jwks}\n"
    assert pair.believed(pair.pem.read_text())
    assert stat.S_IMODE(pair.pem.stat().st_mode) == 0o600
    assert '"d"' not in pair.jwks.read_text()


@pytest.mark.parametrize("gone", ["pem", "jwks"])
def test_nothing_is_overwritten(shop: Run, pair: Pair, gone: str) -> None:
    new(shop, pair)
    (pair.pem if gone == "pem" else pair.jwks).unlink()
    kept = pair.jwks if gone == "pem" else pair.pem
    before = kept.read_bytes()
    said = shop("keys", "new", "orders", *pair.told)
    assert (said.exit_code, said.stdout) == (2, "")
    assert f"{kept}: is there already (--" in said.stderr
    assert kept.read_bytes() == before
    assert not (pair.pem if gone == "pem" else pair.jwks).exists()


def test_force_replaces_both(shop: Run, pair: Pair) -> None:
    new(shop, pair)
    old = pair.pem.read_text()
    new(shop, pair, "--force")
    assert pair.pem.read_text() != old
    assert pair.count() == 1
    assert pair.believed(pair.pem.read_text())


def test_a_key_is_changed_without_a_gap(shop: Run, pair: Pair, tmp_path: Path) -> None:
    new(shop, pair)
    old = pair.pem.read_text()
    new(shop, pair, "--rotate", "--private", str(tmp_path / "next"))
    assert pair.count() == 2
    assert pair.believed(old)
    assert pair.believed((tmp_path / "next/orders.pem").read_text())


def test_a_wrong_key_set_is_not_rotated(shop: Run, pair: Pair) -> None:
    pair.public.mkdir()
    for content in ("nonsense", "[]", "{}"):
        pair.jwks.write_text(content)
        assert shop("keys", "new", "orders", *pair.told, "--rotate").exit_code == 2
        assert pair.jwks.read_text() == content
        assert not pair.pem.exists()


@pytest.mark.parametrize("name", ["", "Orders", "../orders", "a/b", "a" * 60, "a b"])
def test_a_name_that_is_none(shop: Run, pair: Pair, name: str) -> None:
    said = shop("keys", "new", name, *pair.told)
    assert said.exit_code == 2
    assert "cannot name a service" in said.stderr
    assert not pair.private.exists()


def test_the_private_key_goes_where_services_look(
    shop: Run, pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ("--public", str(pair.public))
    assert shop("keys", "new", "orders", *shown).exit_code == 0
    assert (tmp_path / "state/keys/services/orders.pem").exists()
    monkeypatch.setenv("PROTOMESH_KEYS_DIR", str(tmp_path / "told"))
    assert shop("keys", "new", "users", *shown).exit_code == 0
    assert (tmp_path / "told/users.pem").exists()
