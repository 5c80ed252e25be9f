"""Products, prices and stock."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import FailedPrecondition, InvalidArgument
from services.catalog.domain import DEAREST, Price, Product, offer, wanted

EURO = Price("EUR", 9, 500_000_000)
MUG = Product("mug", "Mug", EURO, 10, 1)

quantities = st.integers(1, 1000)


@given(stock=st.integers(0, 10_000), moves=st.lists(st.tuples(st.booleans(), quantities), max_size=30))
def test_stock_is_never_negative_and_every_move_counts(stock: int, moves: list[tuple[bool, int]]) -> None:
    product = replace(MUG, stock=stock)
    expected, version = stock, 1
    for take, quantity in moves:
        if take and quantity > expected:
            with pytest.raises(FailedPrecondition, match=f"mug: {quantity} wanted, {expected} in stock"):
                product.take(quantity)
            continue
        product = product.take(quantity) if take else product.put_back(quantity)
        expected, version = expected + (-quantity if take else quantity), version + 1
        assert (product.stock, product.version) == (expected, version)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), quantities)))
def test_lines_of_one_product_are_added_up_in_order_of_ids(lines: list[tuple[str, int]]) -> None:
    sums = wanted(lines)
    assert list(sums) == sorted(set(dict(lines)))
    assert sum(sums.values()) == sum(quantity for _, quantity in lines)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "title is required"),
        ({"price": Price("", 0, 0)}, "price is required, with its currencyCode"),
        ({"price": Price("Euro", 1, 0)}, "three capital letters"),
        ({"price": Price("eur", 1, 0)}, "three capital letters"),
        ({"price": Price("EUR", -1, 0)}, "no amount"),
        ({"price": Price("EUR", 0, -1)}, "no amount"),
        ({"price": Price("EUR", 0, 1_000_000_000)}, "no amount"),
        ({"price": Price("EUR", DEAREST + 1, 0)}, "no amount"),
    ],
)
def test_what_cannot_be_sold(change: dict[str, object], message: str) -> None:
    fields = {"title": "Mug", "price": EURO} | change
    with pytest.raises(InvalidArgument, match=message):
        offer("mug", fields["title"], fields["price"], 1)  # type: ignore[arg-type] # one of the two is wrong by value only
    with pytest.raises(InvalidArgument, match=message):
        MUG.change(replace(MUG, **change), frozenset(change))  # type: ignore[arg-type] # as above


def test_a_change_takes_only_the_fields_named() -> None:
    other = Product("other", "Cup", Price("USD", 1, 0), 99, 7)
    changed = MUG.change(other, frozenset({"stock"}))
    assert changed == replace(MUG, stock=99, version=2)


def test_an_id_is_made_when_none_was_wished_for() -> None:
    made = {offer("", "Mug", EURO, 1).id for _ in range(50)}
    assert len(made) == 50
    assert all(each[0] == "p" and each.isalnum() for each in made)
    assert offer("mug", "Mug", EURO, 1).id == "mug"


def test_an_etag_is_of_version_and_content() -> None:
    """Of the version, since an earlier content may come back; of the content, since an id may."""
    others = (MUG.put_back(1), MUG.put_back(1).take(1), replace(MUG, title="Cup"), replace(MUG, stock=9))
    assert len({MUG.etag, *(each.etag for each in others)}) == 5
    assert MUG.etag == replace(MUG).etag
