"""The descriptor set as records."""

from pathlib import Path

import pytest

from protomesh.contract import Contract, HttpBinding, Kind
from protomesh.errors import ConfigError
from shop_pb.shop.users.v1 import users_pb2


def test_methods_of_all_kinds(ring_contract: Contract) -> None:
    kinds = {method.name: method.kind for method in ring_contract.services["ring.v1.Ring"].methods}
    expected = {
        "Say": Kind.UNARY,
        "Count": Kind.SERVER_STREAM,
        "Gather": Kind.CLIENT_STREAM,
        "Chat": Kind.BIDI,
    }
    assert {name: kinds[name] for name in expected} == expected
    look = ring_contract.methods["ring.v1.Ring/Look"]
    assert (look.path, look.read_only) == ("/ring.v1.Ring/Look", True)
    assert not ring_contract.methods["ring.v1.Ring/Say"].read_only


def test_google_s_own_services_are_none_of_ours(ring_contract: Contract, shop_contract: Contract) -> None:
    for contract in (ring_contract, shop_contract):
        assert not [name for name in contract.services if name.startswith("google.")]


def test_every_binding_of_a_method(shop_contract: Contract) -> None:
    found = shop_contract.methods["shop.catalog.v1.Catalog/UpdateProduct"].bindings
    assert [(each.verb, each.template, each.body, each.variables) for each in found] == [
        ("PATCH", "/api/products/{product_id}", "product", ("product_id",)),
        ("PUT", "/api/products/{product_id}", "product", ("product_id",)),
    ]


@pytest.mark.parametrize(
    ("template", "pattern", "verb"),
    [
        ("/api/orders/{order_id}:cancel", "/api/orders/{order_id}", "cancel"),
        ("/api/orders/{order_id}", "/api/orders/{order_id}", ""),
        ("/api/orders:batch", "/api/orders", "batch"),
        ("/api/orders", "/api/orders", ""),
    ],
)
def test_the_verb_behind_a_template(template: str, pattern: str, verb: str) -> None:
    binding = HttpBinding("POST", template, "*", ())
    assert (binding.pattern, binding.custom_verb) == (pattern, verb)


def test_resources_by_their_message(shop_contract: Contract) -> None:
    order = shop_contract.resources["shop.orders.v1.Order"]
    assert (order.type, order.variables) == ("shop/Order", ("user_id", "order_id"))
    assert "shop.orders.v1.OrderLine" not in shop_contract.resources


def test_messages_are_the_generated_classes(shop_contract: Contract) -> None:
    assert shop_contract.message("shop.users.v1.User") is users_pb2.User
    with pytest.raises(KeyError):
        shop_contract.message("shop.users.v1.Nobody")


def test_no_descriptor_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gen.binpb: no such file \(run make gen\)"):
        Contract.load(tmp_path / "gen.binpb")


def test_bytes_that_are_no_descriptor_set(tmp_path: Path) -> None:
    path = tmp_path / "gen.binpb"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(ConfigError, match=r"gen.binpb: not a descriptor set \(run make gen\)"):
        Contract.load(path)
