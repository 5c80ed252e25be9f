"""Which links follow from the contract, before anybody has asked."""

import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.rpc.links import ListPlan, ResourcePlan, plan_of, problems
from protomesh.rpc.links.plan import available

ORDER = {
    "self": "GET shop.orders.v1.Orders/GetOrder",
    "collection": "GET shop.orders.v1.Orders/ListOrders",
    "update": "PATCH shop.orders.v1.Orders/UpdateOrder",
    "delete": "DELETE shop.orders.v1.Orders/DeleteOrder",
    "cancel": "POST shop.orders.v1.Orders/CancelOrder",
    "watch": "GET shop.orders.v1.Orders/WatchOrder",
}
"""rel: verb and method."""

USER = {
    "self": "GET shop.users.v1.Users/GetUser",
    "collection": "GET shop.users.v1.Users/ListUsers",
    "delete": "DELETE shop.users.v1.Users/DeleteUser",
    "create-order": "POST shop.orders.v1.Orders/CreateOrder",
    "orders": "GET shop.orders.v1.Orders/ListOrders",
}


def told(plan: ResourcePlan | ListPlan | None) -> dict[str, str]:
    assert plan is not None
    return {each.rel: f"{each.verb} {each.method}" for each in plan.targets}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("shop.orders.v1.Orders/GetOrder", ORDER),
        ("shop.orders.v1.Orders/CreateOrder", ORDER),
        ("shop.orders.v1.Orders/CancelOrder", ORDER),
        ("shop.orders.v1.Orders/ConfirmOrder", ORDER),
        ("shop.users.v1.Users/GetUser", USER),
        (
            "shop.orders.v1.Orders/ListOrders",
            {"up": "GET shop.users.v1.Users/GetUser", "create": "POST shop.orders.v1.Orders/CreateOrder"},
        ),
    ],
)
def test_the_links_of_a_response(shop_contract: Contract, method: str, expected: dict[str, str]) -> None:
    assert told(plan_of(shop_contract.methods[method], shop_contract)) == expected


def test_self_comes_first(shop_contract: Contract) -> None:
    plan = plan_of(shop_contract.methods["shop.users.v1.Users/GetUser"], shop_contract)
    assert isinstance(plan, ResourcePlan)
    assert [each.rel for each in plan.targets][:3] == ["self", "collection", "delete"]


def test_items_of_a_list_have_the_links_of_the_resource(shop_contract: Contract) -> None:
    plan = plan_of(shop_contract.methods["shop.orders.v1.Orders/ListOrders"], shop_contract)
    assert isinstance(plan, ListPlan)
    assert (plan.items, plan.listed.rel) == ("orders", "self")
    assert told(plan.item) == ORDER


def test_ids_stand_in_the_fields_of_their_names_and_the_last_in_id(shop_contract: Contract) -> None:
    plan = plan_of(shop_contract.methods["shop.orders.v1.Orders/GetOrder"], shop_contract)
    assert isinstance(plan, ResourcePlan)
    assert plan.fields == ("user_id", "id")


@pytest.mark.parametrize(
    "method",
    [
        "shop.orders.v1.Orders/WatchOrder",
        "shop.orders.v1.Orders/DeleteOrder",
        "shop.catalog.v1.Catalog/ReserveStock",
        "mesh.identity.v1.Identity/Login",
        "mesh.identity.v1.Identity/GetJwks",
    ],
)
def test_what_is_no_resource_has_none(shop_contract: Contract, method: str) -> None:
    assert plan_of(shop_contract.methods[method], shop_contract) is None


def test_variables_are_known_by_their_place(ring_contract: Contract) -> None:
    """The pattern of a note says note_id, its methods say id."""
    plan = plan_of(ring_contract.methods["ring.v1.Ring/Look"], ring_contract)
    assert told(plan) == {
        "self": "GET ring.v1.Ring/Look",
        "collection": "GET ring.v1.Ring/ListNotes",
        "delete": "DELETE ring.v1.Ring/DeleteNote",
        "copy": "POST ring.v1.Ring/CopyNote",
    }


def test_a_condition_is_checked_against_the_resource(shop_contract: Contract) -> None:
    cancel = shop_contract.methods["shop.orders.v1.Orders/CancelOrder"]
    with pytest.raises(ConfigError, match=r"CancelOrder \(mesh.link.v1.available\).*undefined field 'state'"):
        available(cancel, "shop.users.v1.User")


def test_the_shop_s_own_conditions_are_right(shop_contract: Contract) -> None:
    assert problems(shop_contract) == []
