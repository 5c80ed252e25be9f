"""A contract with one of each kind, and the shop's, as documents."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from protomesh.app.generate.compile import descriptors
from protomesh.contract import Contract
from protomesh.gateway.openapi import render_openapi
from protomesh.policy import load_security
from protomesh.settings import Manifest, load_manifest
from tests.support.contracts import ROOT, load_shop

KINDS = Manifest.model_validate({"services": {"kinds": {}}})


@pytest.fixture(scope="session")
def kinds_contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("kinds")
    out, protos = folder / "kinds.binpb", folder / "protos"
    shutil.copytree(Path(__file__).parent / "protos", protos)
    shutil.copytree(ROOT / "protos/mesh/http", protos / "mesh/http")
    descriptors(protos, out)
    return Contract.load(out)


@pytest.fixture(scope="session")
def kinds(kinds_contract: Contract) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_openapi(kinds_contract, KINDS, None))
    return found


@pytest.fixture(scope="session")
def shop_contract() -> Contract:
    return load_shop()


@pytest.fixture(scope="session")
def shop(shop_contract: Contract) -> dict[str, Any]:
    policy = load_security(ROOT / "policies/security.json", shop_contract)
    found: dict[str, Any] = json.loads(
        render_openapi(shop_contract, load_manifest(ROOT / "mesh.toml"), policy)
    )
    return found
