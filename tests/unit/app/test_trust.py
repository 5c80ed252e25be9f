"""Whom a process believes: one policy for development and production."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from protomesh.app.fetchers import fetchers
from protomesh.app.keys import ServiceToken, ensure, service_key_path, service_signer, signer
from protomesh.app.process import Process
from protomesh.app.trust import Trust
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.errors import ConfigError, InvalidToken, Unavailable
from protomesh.observe import KeyMetrics
from protomesh.policy import SecurityPolicy, load_security
from protomesh.testing import FakeClock, eventually
from protomesh.tokens import Signer, Verifier, jwks_of, new_key
from tests.support.certificates import put
from tests.support.web import Web, body
from tests.unit.app.processes import process

DEVELOPMENT = {
    "issuer": "development",
    "audiences": ["shop"],
    "jwks": "development:jwks.json",
    "services": True,
}
SOON = 3.0
SHOP: dict[str, Any] = {name: {} for name in ("users", "catalog", "orders", "identity", "portal")}
MESH = {"issuer": "mesh", "audiences": ["shop"], "jwks": "mesh.json"}


def policy(contract: Contract, **content: Any) -> SecurityPolicy:
    return load_security(json.dumps(content).encode(), contract, complete=False)


def believing(made: Process, policy: SecurityPolicy, registry: CollectorRegistry | None = None) -> Verifier:
    trust = Trust(made, fetchers(made, None), KeyMetrics(registry or CollectorRegistry()))
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


SERVICES = {"audiences": ["shop"], "keys": "services/"}
LOGIN = "https://login.example"


def of_service(made: Process, name: str) -> str:
    """A token as the service signs it."""
    signing = replace(made, name=name)
    return ServiceToken(name, "shop", service_signer(signing, name), made.clock)()


@pytest.mark.parametrize("keys", ["services/", "development:services"])
def test_services_of_development_sign_with_what_up_made(
    tmp_path: Path, shop_contract: Contract, keys: str
) -> None:
    ensure(tmp_path / "state", ["users", "orders"])
    made, _ = process(tmp_path, shop_contract, {})
    check = believing(made, policy(shop_contract, services={**SERVICES, "keys": keys}))
    assert [check.verify(of_service(made, name)).service for name in ("users", "orders")] == [
        "users",
        "orders",
    ]
    users = Signer(service_key_path(made.state_dir, "users").read_text(), "", "service:orders", made.clock)
    with pytest.raises(InvalidToken, match="key is not known"):
        check.verify(users.sign("service:orders", "shop"))


def pair(project: Path, name: str) -> None:
    """As `protomesh keys new` makes it."""
    pem = new_key()
    for folder, file, content in (
        ("private", f"{name}.pem", pem),
        ("policies/services", f"{name}.json", json.dumps(jwks_of([pem]))),
    ):
        (project / folder).mkdir(parents=True, exist_ok=True)
        put(project / folder / file, content.encode())


def test_the_same_policy_in_production(tmp_path: Path, shop_contract: Contract) -> None:
    ensure(tmp_path / "state", ["orders"])
    develops, _ = process(tmp_path, shop_contract, {})
    pair(tmp_path, "orders")
    made, lines = process(tmp_path, shop_contract, {}, environment="production", keys_dir="private")
    both = policy(shop_contract, issuers=[DEVELOPMENT], services=SERVICES)
    check = believing(made, both)
    assert check.verify(of_service(made, "orders")).service == "orders"
    assert "info issuer 'development' counts in development only: passed over" in lines.all
    with pytest.raises(InvalidToken, match="key is not known"):
        check.verify(of_service(develops, "orders"))


def test_a_process_of_production_without_its_key(tmp_path: Path, shop_contract: Contract) -> None:
    ensure(tmp_path / "state", ["users"])
    made, _ = process(tmp_path, shop_contract, {}, environment="production")
    with pytest.raises(
        ConfigError, match=r"PROTOMESH_KEYS_DIR: users has no private key \(set it to the folder"
    ):
        service_signer(made, "users")
    made, _ = process(tmp_path, shop_contract, {}, environment="production", keys_dir="private")
    with pytest.raises(ConfigError, match=r"private/users.pem: no such key \(protomesh keys new users makes"):
        service_signer(made, "users")
    (tmp_path / "private").mkdir()
    for content in (b"", b"\xff", b"nonsense", new_key()[:60].encode()):
        (tmp_path / "private/users.pem").write_bytes(content)
        with pytest.raises(ConfigError, match=r"private/users.pem: ") as caught:
            service_signer(made, "users")
        assert "MIG" not in str(caught.value), "it shows the key"


def test_production_without_any_keys_of_services(tmp_path: Path, shop_contract: Contract) -> None:
    made, _ = process(tmp_path, shop_contract, {}, environment="production")
    with pytest.raises(
        ConfigError, match=r"services.keys: services/: there are no keys of services \(protomesh keys"
    ):
        believing(made, policy(shop_contract, services=SERVICES))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"jwks": "http://login.example/k"}, r"issuers\[0\].jwks: .* without TLS"),
        (
            {"jwks": "service:nobody"},
            r"issuers\[0\].jwks: no service 'nobody' of this mesh has a method GetJwks",
        ),
        (
            {"jwks": "service:catalog"},
            r"issuers\[0\].jwks: no service 'catalog' of this mesh has a method GetJwks",
        ),
        ({"jwks": "none.json"}, r"issuers\[0\].jwks: .*none.json: No such file"),
        ({"jwks": "development:none.json"}, r"issuers\[0\].jwks: .*protomesh up writes it"),
    ],
)
def test_what_cannot_work_is_told_at_the_start(
    tmp_path: Path, shop_contract: Contract, wrong: dict[str, str], said: str
) -> None:
    made, _ = process(tmp_path, shop_contract, {"services": SHOP})
    trust = Trust(made, fetchers(made, None), KeyMetrics(CollectorRegistry()))
    with pytest.raises(ConfigError, match=said):
        trust.adopt(policy(shop_contract, issuers=[{"issuer": LOGIN, "audiences": ["shop"], **wrong}]))


def test_keys_in_files_are_taken_over_while_the_process_runs(tmp_path: Path, shop_contract: Contract) -> None:
    pair(tmp_path, "orders")
    made, _ = process(
        tmp_path, shop_contract, {}, SystemClock(), environment="production", keys_dir="private"
    )
    check = believing(made, policy(shop_contract, services=SERVICES))
    old = of_service(made, "orders")
    assert check.verify(old).service == "orders"
    pair(tmp_path, "orders")
    begun = time.monotonic()
    eventually(lambda: refused(check, old))
    assert check.verify(of_service(made, "orders")).service == "orders"
    assert time.monotonic() - begun < SOON, "a changed key counts within a second or so"
    made.stopping.set()


def refused(check: Verifier, token: str) -> bool:
    """A token that was verified before, and is in the cache while its key counts."""
    try:
        check.verify(token)
    except InvalidToken:
        return True
    return False


def test_an_issuer_elsewhere_from_its_start_to_its_return(tmp_path: Path, shop_contract: Contract) -> None:
    pem, clock, registry = new_key(), FakeClock(), CollectorRegistry()
    web = Web(body(b"", 503))
    made, lines = process(tmp_path, shop_contract, {}, clock, keys_refresh_seconds=300)
    believes = policy(shop_contract, issuers=[{"issuer": LOGIN, "audiences": ["shop"], "jwks": web.url}])
    check = believing(made, believes, registry)
    token = Signer(pem, "", LOGIN, clock).sign("u1", "shop", lifetime_seconds=10_000)
    with pytest.raises(Unavailable):
        check.verify(token)
    web.act = body(json.dumps(jwks_of([pem])).encode())
    turned(clock, lambda: registry.get_sample_value(*sample("fetched")))
    assert check.verify(token).subject == "u1"
    web.act = body(json.dumps(jwks_of([new_key()])).encode())
    turned(clock, lambda: registry.get_sample_value(*sample("fetched")) == 2, 300)
    assert refused(check, token), "its key is gone, and the cache with it"
    web.close()
    made.stopping.set()
    assert any("it answered with status 503; its tokens are answered with 503" in line for line in lines.all)


def sample(outcome: str) -> tuple[str, dict[str, str]]:
    return "mesh_key_refreshes_total", {"issuer": LOGIN, "outcome": outcome}


def turned(clock: FakeClock, holds: Callable[[], object], by: float = 1.0) -> None:
    """Turn the clock's hands until it holds."""

    def later() -> object:
        clock.advance(by)
        return holds()

    eventually(later)


def test_a_start_waits_for_no_issuer(tmp_path: Path, shop_contract: Contract) -> None:
    gate = threading.Event()

    def silent(_handler: BaseHTTPRequestHandler) -> None:
        gate.wait(60)

    web = Web(silent)
    made, _ = process(tmp_path, shop_contract, {}, SystemClock())
    ensure(tmp_path / "state")
    remote = {"issuer": LOGIN, "audiences": ["shop"], "jwks": web.url}
    begun = time.monotonic()
    check = believing(made, policy(shop_contract, issuers=[remote, DEVELOPMENT]))
    token = signer(tmp_path / "state", made.clock, "development").sign("u1", "shop")
    assert check.verify(token).subject == "u1", "other issuers count meanwhile"
    assert time.monotonic() - begun < SOON
    eventually(lambda: web.asked)
    made.stopping.set()
    gate.set()
    web.close()


def test_another_policy_keeps_the_keys_that_it_names_too(tmp_path: Path, shop_contract: Contract) -> None:
    pem, clock = new_key(), FakeClock()
    web = Web(body(json.dumps(jwks_of([pem])).encode()))
    made, _ = process(tmp_path, shop_contract, {}, clock)
    ensure(tmp_path / "state")
    remote = {"issuer": LOGIN, "audiences": ["shop"], "jwks": web.url}
    trust = Trust(made, fetchers(made, None), KeyMetrics(CollectorRegistry()))
    trust.adopt(policy(shop_contract, issuers=[remote]))
    token = Signer(pem, "", LOGIN, clock).sign("u1", "shop")
    assert trust.verifier.verify(token).subject == "u1"
    web.close()
    trust.adopt(policy(shop_contract, issuers=[DEVELOPMENT, {**remote, "audiences": ["shop", "more"]}]))
    assert trust.verifier.verify(token).subject == "u1"
    wrong = policy(shop_contract, issuers=[{**remote, "jwks": "none.json"}])
    with pytest.raises(ConfigError):
        trust.adopt(wrong)
    assert trust.verifier.verify(token).subject == "u1", "a policy that is refused changes nothing"
    trust.adopt(policy(shop_contract, issuers=[DEVELOPMENT]))
    assert refused(trust.verifier, token), "nobody trusts it now"
    made.stopping.set()
