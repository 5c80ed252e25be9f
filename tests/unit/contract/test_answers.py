"""The kinds of success, told of the shop's methods by name."""

from protomesh.contract import Answer, answer_kind
from tests.support.contracts import load_shop

KINDS = {
    "shop.users.v1.Users/CreateUser": Answer.CREATED,
    "shop.users.v1.Users/ListUsers": Answer.PAGE,
    "shop.users.v1.Users/GetUser": Answer.TAGGED,
    "shop.users.v1.Users/DeleteUser": Answer.EMPTY,
    "shop.orders.v1.Orders/WatchOrder": Answer.STREAM,
    "shop.catalog.v1.Catalog/ReserveStock": Answer.PLAIN,
    "mesh.identity.v1.Identity/LoginPage": Answer.RAW,
}


def test_the_contract_says_what_a_success_is() -> None:
    contract = load_shop()
    assert {name: answer_kind(contract.methods[name], contract) for name in KINDS} == KINDS
