import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.gateway import Addresses, Endpoint, GatewayFiles, render_dynamic, render_static
from protomesh.settings import Manifest, Ports
from tests.unit.gateway.protos import contract

SHOP = Path(__file__).parents[3] / "gen/descriptors.binpb"
SERVICES = {"users": {"replicas": 2}, "catalog": {}, "orders": {}, "identity": {}, "portal": {}}


@pytest.fixture(scope="module")
def shop() -> Contract:
    return Contract.load(SHOP, "shop_pb")


def manifest(**gateway: object) -> Manifest:
    return Manifest.model_validate({"gateway": gateway, "services": SERVICES})


def dynamic(shop: Contract, settings: Manifest, **options: Any) -> GatewayFiles:
    return render_dynamic(
        shop, settings, Addresses.local(settings, Ports(settings, 5000)), folder="/cfg", **options
    )


def resources(files: GatewayFiles, name: str) -> list[Any]:
    found: list[Any] = json.loads(files[name])["resources"]
    return found


def test_the_same_input_gives_the_same_bytes(shop: Contract) -> None:
    assert dict(dynamic(shop, manifest())) == dict(dynamic(shop, manifest()))
    assert dict(render_static(shop, manifest())) == dict(render_static(shop, manifest()))


def test_what_is_named_is_written_before_what_names_it(shop: Contract) -> None:
    names = list(dynamic(shop, manifest()))
    assert names[2:] == ["cds.json", "rds.json", "lds.json", "bootstrap.json"]
    listener = dynamic(shop, manifest())["lds.json"].decode()
    assert all(f"/cfg/{name}" in listener for name in names[:2])
    assert [name.partition("-")[0] for name in names[:2]] == ["descriptors", "edge"]


def test_a_change_of_settings_changes_only_what_it_concerns(shop: Contract) -> None:
    before, after = dynamic(shop, manifest()), dynamic(shop, manifest(limits={"body_bytes": 7}))
    assert [name for name in before if before[name] != after.get(name)] == ["lds.json"]
    after = dynamic(shop, manifest(limits={"timeout_seconds": 7}))
    assert [name for name in before if before[name] != after.get(name)] == ["rds.json"]


def test_clusters_have_the_ports_of_the_rule_and_round_robin(shop: Contract) -> None:
    clusters = {each["name"]: each for each in resources(dynamic(shop, manifest()), "cds.json")}
    assert list(clusters) == ["identity", "portal", "catalog", "orders", "users", "nowhere"]
    endpoints = clusters["users"]["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert [each["endpoint"]["address"]["socket_address"]["port_value"] for each in endpoints] == [5010, 5011]
    assert {clusters["users"]["type"], clusters["users"]["lb_policy"]} == {"STATIC", "ROUND_ROBIN"}


def test_names_are_looked_up(shop: Contract) -> None:
    at = Addresses(Endpoint("0.0.0.0", 80), {name: (Endpoint(name, 9000),) for name in SERVICES})  # noqa: S104 - shown, not bound
    files = render_dynamic(shop, manifest(), at, folder="/cfg")
    assert {each["type"] for each in resources(files, "cds.json")} == {"STRICT_DNS", "STATIC"}


def test_a_service_without_an_address(shop: Contract) -> None:
    with pytest.raises(ConfigError, match=r"services\.identity: no address"):
        render_dynamic(shop, manifest(), Addresses(Endpoint("127.0.0.1", 80), {}), folder="/cfg")


def test_only_bound_methods_have_a_route(shop: Contract) -> None:
    table = json.dumps(resources(dynamic(shop, manifest()), "rds.json"))
    assert '"/shop.orders.v1.Orders/GetOrder"' in table
    assert "ConfirmOrder" not in table
    assert "ReserveStock" not in table


def test_the_descriptors_hold_the_details_of_errors_and_no_comments(shop: Contract) -> None:
    found = FileDescriptorSet.FromString(render_static(shop, manifest())["descriptors.binpb"])
    names = [file.name for file in found.file]
    assert "google/rpc/error_details.proto" in names
    assert len(names) == len(set(names))
    assert not [file.name for file in found.file if file.HasField("source_code_info")]
    for at, file in enumerate(found.file):
        assert set(file.dependency) <= set(names[:at]), f"{file.name} comes before what it imports"


def test_administration_is_off_or_on_a_private_socket(shop: Contract) -> None:
    assert "admin" not in json.loads(render_static(shop, manifest())["envoy.yaml"])
    admin = json.loads(dynamic(shop, manifest(), admin="/cfg/admin.sock")["bootstrap.json"])["admin"]
    assert admin["address"]["pipe"] == {"path": "/cfg/admin.sock", "mode": 0o600}
    assert "/config_dump" not in json.dumps(admin)


def test_no_policy_is_decided_here(shop: Contract) -> None:
    whole = render_static(shop, manifest())["envoy.yaml"].decode()
    assert not [name for name in ("jwt_authn", "rbac", "ext_authz") if name in whole]


def test_extras_are_merged_last(shop: Contract) -> None:
    extras = {
        "bootstrap": {"node": {"id": "mine"}},
        "connection_manager": {"server_name": "mine"},
        "listener": {"per_connection_buffer_limit_bytes": 1},
        "virtual_host": {"domains": ["mine"]},
        "routes": [{"name": "mine"}],
        "http_filters": [{"name": "mine"}],
        "clusters": [{"name": "mine"}],
    }
    whole = json.loads(render_static(shop, manifest(), extras=json.dumps(extras))["envoy.yaml"])
    listener = whole["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    host = manager["route_config"]["virtual_hosts"][0]
    assert whole["node"] == {"id": "mine", "cluster": "protomesh"}
    assert (manager["server_name"], listener["per_connection_buffer_limit_bytes"]) == ("mine", 1)
    assert (host["domains"], host["routes"][0]["name"]) == (["mine"], "mine")
    assert whole["static_resources"]["clusters"][-1]["name"] == "mine"
    names = [each["name"].rpartition(".")[2] for each in manager["http_filters"]]
    assert names.index("lua") < names.index("mine") < names.index("grpc_json_transcoder")


def test_what_lint_finds_is_not_rendered() -> None:
    bad = contract(("GET", "/api/a/{user_id}"), ("GET", "/api/a/{order_id}"))
    with pytest.raises(ConfigError, match=r"M1.*the same paths as.*M0"):
        render_static(bad, Manifest.model_validate({"services": {"things": {}}}))


def test_the_defaults_are_those_of_the_reference() -> None:
    text = (SHOP.parents[1] / "docs/reference/gateway.md").read_text()
    written = text.partition("```toml\nbody_bytes")[2].partition("```")[0]
    assert tomllib.loads(f"body_bytes{written}") == Manifest().gateway.limits.model_dump()


def test_a_rate_of_zero_has_no_filter(shop: Contract) -> None:
    whole = dynamic(shop, manifest(limits={"requests_per_second": 0}))["lds.json"].decode()
    assert ("local_ratelimit.address" in whole, "local_ratelimit.identity" in whole) == (False, True)
    whole = dynamic(shop, manifest())["lds.json"].decode()
    assert ("local_ratelimit.address" in whole, "local_ratelimit.identity" in whole) == (True, True)


def test_an_ipv6_network_has_one_bucket(shop: Contract) -> None:
    """Tests with addresses of IPv6 would need more of them on this machine; for IPv4 there are real ones."""
    text = b"".join(dynamic(shop, manifest()).values()).decode("utf-8", "replace")
    masks = re.findall(r'"(v[46])_prefix_mask_len":\s*(\d+)', text)
    assert masks == [("v4", "32"), ("v6", "64")]
    assert '"key": "remote_address"' not in text
