"""Whom a process believes: one policy for development and production."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from protomesh.app.fetchers import fetchers
from protomesh.app.keys import ensure, signer
from protomesh.app.process import Process
from protomesh.app.trust import Trust
from protomesh.contract import Contract
from protomesh.errors import InvalidToken
from protomesh.observe import KeyMetrics
from protomesh.policy import SecurityPolicy, load_security
from protomesh.testing import FakeClock
from protomesh.tokens import Signer, Verifier, jwks_of, new_key
from tests.unit.app.processes import process

DEVELOPMENT = {
    "issuer": "development",
    "audiences": ["shop"],
    "jwks": "development:jwks.json",
    "services": True,
}
MESH = {"issuer": "mesh", "audiences": ["shop"], "jwks": "mesh.json"}


def policy(contract: Contract, **content: Any) -> SecurityPolicy:
    return load_security(json.dumps(content).encode(), contract, complete=False)


def believing(made: Process, policy: SecurityPolicy) -> Verifier:
    trust = Trust(made, fetchers(made, None), KeyMetrics(CollectorRegistry()))
    trust.adopt(policy)
    return trust.verifier


@pytest.mark.parametrize("environment", ["development", "production"])
def test_keys_of_development_count_there_and_are_passed_over_elsewhere(
    tmp_path: Path, shop_contract: Contract, environment: str
) -> None:
    clock, state = FakeClock(), tmp_path / "state"
    state.mkdir()
    ensure(state)
    token = signer(state, clock, "development").sign("u1", "shop")
    made, lines = process(tmp_path, shop_contract, {}, clock, environment=environment)
    check = believing(made, policy(shop_contract, issuers=[DEVELOPMENT]))
    if environment == "development":
        assert check.verify(token).subject == "u1"
        assert lines.all == []
    else:
        with pytest.raises(InvalidToken, match="issuer is not known"):
            check.verify(token)
        assert lines.all == ["info issuer 'development' counts in development only: passed over"]


@pytest.mark.parametrize(
    ("gateway", "tls", "claim"),
    [
        ({}, {}, "http://localhost:8080"),
        ({"port": 9000}, {}, "http://localhost:9000"),
        ({}, {"enabled": True, "gateway": True}, "https://localhost:8080"),
        ({"public": "https://shop.example"}, {}, "https://shop.example"),
    ],
)
def test_the_mesh_s_own_tokens_name_its_public_address(
    tmp_path: Path, shop_contract: Contract, gateway: dict[str, Any], tls: dict[str, Any], claim: str
) -> None:
    pem = new_key()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/mesh.json").write_text(json.dumps(jwks_of([pem])))
    made, _ = process(tmp_path, shop_contract, {"gateway": gateway, "tls": tls})
    check = believing(made, policy(shop_contract, issuers=[MESH]))
    assert check.verify(Signer(pem, "", claim, made.clock).sign("u1", "shop")).issuer == "mesh"
    with pytest.raises(InvalidToken, match="issuer is not known"):
        check.verify(Signer(pem, "", "mesh", made.clock).sign("u1", "shop"))
