"""Which processes a manifest means."""

from pathlib import Path

import pytest

from protomesh.app.grace import CLOSING_SECONDS, DRAIN_SECONDS
from protomesh.app.supervisor import Component, Plan
from protomesh.app.supervisor.offsets import offsets
from protomesh.app.supervisor.paths import Paths
from protomesh.app.supervisor.plan import Facts, plan
from protomesh.cli.stop import LONGEST
from protomesh.errors import ConfigError
from protomesh.settings import Manifest, Ports

PATHS = Paths(Path("/shop"), Path("/shop/mesh.toml"), Path("/shop/.mesh"))
FACTS = Facts(envoy=("envoy", "-c", "x"), functions=True, python="python")
SHOP = Manifest.model_validate({"services": {"users": {"replicas": 2}, "orders": {}}})


def components(manifest: Manifest = SHOP, *without: str, facts: Facts = FACTS) -> dict[str, Component]:
    return {each.name: each for each in plan(manifest, Ports(manifest, 9000), PATHS, facts, without)}


def test_everything_has_its_name_and_its_port() -> None:
    assert {name: each.address for name, each in components().items()} == {
        "broker": "127.0.0.1:9001",
        "users": "127.0.0.1:9010",
        "users.2": "127.0.0.1:9011",
        "orders": "127.0.0.1:9012",
        "relay": "",
        "functions": "",
        "gateway": "127.0.0.1:9000",
    }


def test_what_a_service_is_told() -> None:
    second = components()["users.2"]
    assert second.command == ("python", "-m", "services.users.main")
    assert second.env == {
        "PROTOMESH_MANIFEST": "/shop/mesh.toml",
        "PROTOMESH_STATE_DIR": "/shop/.mesh",
        "PROTOMESH_PORT_BASE": "9000",
        "PROTOMESH_PORT": "9011",
        "PROTOMESH_REPLICA": "2",
        "PYTHONPATH": "/shop:/shop/gen/python",
        "PYTHONUNBUFFERED": "1",
    }


def test_a_service_may_bring_its_own_command() -> None:
    manifest = Manifest.model_validate({"services": {"shipping": {"command": "go run './my service'"}}})
    assert components(manifest)["shipping"].command == ("go", "run", "./my service")


def test_a_running_kafka_needs_no_broker() -> None:
    manifest = Manifest.model_validate({"broker": {"bootstrap": "kafka:9092"}})
    assert "broker" not in components(manifest)


def test_power_loss_is_the_brokers_to_survive_when_asked() -> None:
    assert "--fsync" not in components()["broker"].command
    assert "--fsync" in components(Manifest.model_validate({"broker": {"fsync": True}}))["broker"].command


def test_without_functions_there_is_no_runtime_for_them() -> None:
    assert "functions" not in components(facts=Facts(envoy=("envoy",), functions=False))


def test_without_leaves_out_all_replicas_or_one() -> None:
    assert {"users", "users.2"} & set(components(SHOP, "users", "relay")) == set()
    assert "users" in components(SHOP, "users.2")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no component named 'user' .did you mean 'users'"):
        components(SHOP, "user")


def test_nobody_new_comes_in_before_anything_else_stops() -> None:
    phases = sorted(components().values(), key=lambda each: each.stop_phase)
    assert [each.name for each in phases] == [
        "gateway",
        "users",
        "users.2",
        "orders",
        "functions",
        "relay",
        "broker",
    ]


def test_a_process_that_uses_all_its_time_is_not_killed() -> None:
    needs = DRAIN_SECONDS + CLOSING_SECONDS
    assert {name: each.grace for name, each in components().items() if each.grace <= needs} == {}
    phases = {each.stop_phase: each.grace for each in components().values()}
    assert sum(phases.values()) < LONGEST, "protomesh down gives up before the last phase"


def test_a_plan_travels_as_json() -> None:
    made = Plan("/shop", 9000, tuple(components().values()), "hello")
    assert Plan.from_json(made.to_json()) == made


def test_offsets_are_those_of_the_ports() -> None:
    assert offsets(SHOP) == (0, 1, 10, 11, 12)
    fixed = Manifest.model_validate({"services": {"users": {"port": 7000}, "orders": {}}})
    assert offsets(fixed) == (0, 1, 11)
