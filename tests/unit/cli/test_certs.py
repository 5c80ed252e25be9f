"""`certs`: made, kept, and refused outside development."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

NAMES = ["ca", "users", "catalog", "orders", "functions", "gateway", "protomesh"]


def test_made_then_kept(shop: Run, tmp_path: Path) -> None:
    said = shop("certs", "--json")
    assert said.exit_code == 0, said.output
    rows = json.loads(said.stdout)
    assert [row["name"] for row in rows][:4] == NAMES[:4]
    assert set(NAMES) <= {row["name"] for row in rows}
    assert {row["state"] for row in rows} == {"made"}
    assert [row["spiffe"] for row in rows][:2] == ["", "spiffe://shop/users"]
    assert all(Path(row["file"]).parent == tmp_path / "state" / "certs" for row in rows)
    assert {row["state"] for row in json.loads(shop("certs", "--json").stdout)} == {"kept"}


def test_elsewhere(shop: Run, tmp_path: Path) -> None:
    said = shop("certs", "--folder", str(tmp_path / "here"))
    assert f"made     {tmp_path}/here/users.pem  good until " in said.stdout
    assert (tmp_path / "here" / "users.key").exists()


def test_refused_in_production(shop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOMESH_ENVIRONMENT", "production")
    said = shop("certs")
    assert said.exit_code == 2
    assert "environment = production: certificates of development count nowhere else" in said.stderr
    assert not (tmp_path / "state").exists()
