"""Pages, masks, etags and times."""

from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import example, given
from hypothesis import strategies as st

from protomesh.errors import EtagMismatch, InvalidArgument
from protomesh.rpc import must_match, page_of, timestamp, update_mask
from shop_pb.shop.catalog.v1 import catalog_pb2

names = st.text(min_size=1, max_size=8)


def fetch_from(items: list[str]) -> Any:
    return lambda after, limit: [each for each in items if each > after][:limit]


@given(st.sets(names, max_size=20), st.integers(1, 7))
def test_pages_hold_each_item_once_and_in_order(items: set[str], size: int) -> None:
    everything = sorted(items)
    seen: list[str] = []
    token = ""
    for _ in range(len(items) + 2):
        request = SimpleNamespace(page_size=size, page_token=token)
        found, token = page_of(request, fetch_from(everything), key=lambda item: item)
        seen += found
        assert len(found) <= size
        if not token:
            break
    assert seen == everything


def test_a_page_has_fifty_unless_asked() -> None:
    everything = [f"{number:03}" for number in range(120)]
    found, token = page_of(
        SimpleNamespace(page_size=0, page_token=""), fetch_from(everything), key=lambda item: item
    )
    assert (len(found), bool(token)) == (50, True)


@given(st.text(max_size=30))
@example("%%%")
@example("a")
@example("____")
@example("=")
@example("gICA")
def test_any_token_is_a_page_or_a_bad_request(token: str) -> None:
    request = SimpleNamespace(page_size=2, page_token=token)
    found: Any = ()
    refused: list[InvalidArgument] = []
    try:
        found, _ = page_of(request, fetch_from(["a", "b", "c"]), key=lambda item: item)
    except InvalidArgument as error:
        refused.append(error)
    assert set(found) <= {"a", "b", "c"}
    assert [each.violations[0].field for each in refused] in ([], ["page_token"])


WRITABLE = frozenset({"title", "stock"})


@pytest.mark.parametrize(
    ("paths", "product", "expected"),
    [
        ([], catalog_pb2.Product(), set()),
        ([], catalog_pb2.Product(title="", etag="x"), {"title"}),
        ([], catalog_pb2.Product(id="x", stock=0), {"stock"}),
        (["stock"], catalog_pb2.Product(title="T"), {"stock"}),
        (["*"], catalog_pb2.Product(), {"title", "stock"}),
        (["title", "title"], catalog_pb2.Product(), {"title"}),
    ],
)
def test_what_an_update_changes(paths: list[str], product: catalog_pb2.Product, expected: set[str]) -> None:
    assert update_mask(FieldMask(paths=paths), product, WRITABLE) == expected


@pytest.mark.parametrize("path", ["id", "nothing", "title.x", "", "Title"])
def test_a_mask_that_names_no_writable_field(path: str) -> None:
    with pytest.raises(InvalidArgument, match="is none of stock, title") as caught:
        update_mask(FieldMask(paths=["title", path]), catalog_pb2.Product(), WRITABLE)
    assert [each.rule for each in caught.value.violations] == ["update_mask.path"]


MUG = catalog_pb2.Product(id="mug", etag="v1")


@pytest.mark.parametrize("etag", ["", "v1", '"v1"', '"v0", "v1"', '"v1", W/"v1"'])
def test_an_etag_that_is_the_present_one(etag: str) -> None:
    must_match(MUG, etag)


@pytest.mark.parametrize("etag", ["v2", "V1", '"v2"', 'W/"v1"', "*", '"v1', "v0, v1", '"v0", "v2"'])
def test_an_etag_of_another_state(etag: str) -> None:
    with pytest.raises(EtagMismatch, match="product mug has changed: its etag is v1, not ") as caught:
        must_match(MUG, etag)
    assert (caught.value.code, caught.value.http_status, caught.value.retryable) == (10, 412, False)


@given(st.floats(min_value=-60_000_000_000, max_value=250_000_000_000))
def test_times_are_kept_to_the_microsecond(seconds: float) -> None:
    made = timestamp(seconds)
    assert 0 <= made.nanos < 1_000_000_000
    assert made.nanos % 1000 == 0
    assert abs(made.seconds + made.nanos / 1e9 - seconds) < 1e-4
