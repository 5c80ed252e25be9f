"""`emit`: what is wrong is told before anything is published."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

TYPE = "shop.orders.order.placed.v1"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("order", "--type", TYPE, "--data", "{}"), "no topic 'order', did you mean 'orders'?"),
        (("orders", "--type", "shop.orders.order.place.v1", "--data", "{}"), f"did you mean '{TYPE}'"),
        (("orders", "--type", TYPE, "--data", "{"), "--data is no shop.orders.v1.Order"),
        (("orders", "--type", TYPE, "--data", '{"nope": 1}'), "nope"),
        (("orders", "--type", TYPE, "--data", "@/no/such/file"), "/no/such/file: No such file or directory"),
        (("orders", "--type", TYPE, "--data", "{}"), "no mesh runs here"),
    ],
)
def test_what_is_wrong_is_one_line(shop: Run, arguments: tuple[str, ...], why: str) -> None:
    said = shop("emit", *arguments)
    assert said.exit_code in {1, 2}
    assert why in said.stderr
    assert said.stderr.count("\n") == 1


def test_data_comes_from_a_file(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"nope": 1}')
    assert "nope" in shop("emit", "orders", "--type", TYPE, "--data", f"@{tmp_path}/order.json").stderr
