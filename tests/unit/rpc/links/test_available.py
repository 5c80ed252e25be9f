"""Conditions over a resource: nothing but true offers an operation."""

import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import Availability
from shop_pb.shop.orders.v1 import orders_pb2 as pb

ORDER = "shop.orders.v1.Order"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("resource.state == 1 || resource.state == 2", True),
        ("resource.state == 2", False),
        ("size(resource.lines) == 1", True),
        ("resource.lines[0].quantity == 3", True),
        ("resource.lines[5].quantity == 3", False),
        ("resource.lines.exists(line, line.product_id == 'mug')", True),
        ("has(resource.delivery_address)", False),
    ],
)
def test_what_a_condition_says(shop_contract: Contract, source: str, expected: bool) -> None:
    assert ORDER in shop_contract.resources
    line = pb.OrderLine(product_id="mug", quantity=3)
    assert Availability(source, ORDER)(pb.Order(state=pb.Order.STATE_PLACED, lines=[line])) is expected


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("resource.stat == 1", "did you mean 'state'"),
        ("resource.state", "a condition is of type BOOL"),
        ("request.state == 1", "undeclared reference"),
        ("resource.state ==", "Syntax error"),
    ],
)
def test_a_wrong_condition_is_refused(shop_contract: Contract, source: str, says: str) -> None:
    assert ORDER in shop_contract.resources
    with pytest.raises(ConfigError, match=says):
        Availability(source, ORDER)
