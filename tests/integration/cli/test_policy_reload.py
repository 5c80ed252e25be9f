"""A running mesh takes a changed policy, and says so where it refuses one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.mesh import PROJECT, Mesh, eventually, running

LINKED = ("protos", "gen", "services", "functions", "mesh.toml")
PRODUCTS = {"on": ["GET /api/products"], "allow": ["role:admin"]}


class Shop:
    """This project with a policies folder of its own, running."""

    def __init__(self, folder: Path) -> None:
        for name in LINKED:
            (folder / name).symlink_to(PROJECT / name)
        shutil.copytree(PROJECT / "policies", folder / "policies")
        self.manifest = folder / "mesh.toml"
        self.policy = folder / "policies" / "security.json"
        self.shipped: dict[str, Any] = json.loads(self.policy.read_text())
        self.mesh: Mesh

    def write(self, text: str) -> None:
        self.policy.write_text(text)

    def list_products(self) -> int:
        return self.mesh.gateway()("GET", "/api/products").status

    def note(self) -> str:
        row = self.mesh.components()["catalog"]
        assert row["state"] == ("degraded" if row["note"] else "ready"), row
        return str(row["note"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    with running("--manifest", str(made.manifest)) as made.mesh:
        yield made


def test_it_is_taken_refused_and_taken_again(shop: Shop) -> None:
    rules = shop.shipped["rules"]
    closed = [{**rule, "on": [each for each in rule["on"] if each != "GET /api/products"]} for rule in rules]
    shop.write(json.dumps({**shop.shipped, "rules": [PRODUCTS, *(each for each in closed if each["on"])]}))
    eventually(lambda: shop.list_products() == 401, "products are still shown to everybody")
    shop.write(json.dumps({**shop.shipped, "rules": [*rules, {"on": ["shop.no.v1.Such/Call"], "allow": []}]}))
    note = eventually(shop.note, "ps says nothing of the refused policy")
    assert "the last good policy stays" in note
    assert "rules[" in note, "it does not say where"
    assert "Such/Call" in shop.mesh.cli("logs", "catalog")
    assert shop.list_products() == 401, "the last good policy is not in force"
    shop.write('{"rules": [')
    eventually(lambda: "Such" not in shop.note(), "ps tells of a refusal that is over")
    assert shop.list_products() == 401
    shop.write(json.dumps(shop.shipped))
    eventually(lambda: shop.list_products() == 200, "the good policy is not taken")
    eventually(lambda: not shop.note(), "ps still tells of a refusal")
    assert {row["restarts"] for row in shop.mesh.components().values()} == {0}
