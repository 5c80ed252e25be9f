"""The REST answers, derived from the contract: a table."""

from types import SimpleNamespace
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.rpc.answer import answer_of

NOTE = {"id": "n1", "room_id": "r1", "etag": "v3"}

Row = tuple[str, str, dict[str, Any], str, tuple[tuple[str, str], ...]]
"""Method, the response's type and fields, the path asked for, and what is sent."""

TABLE: list[Row] = [
    ("ring.v1.Ring/CopyNote", "google.longrunning.Operation", {}, "", (("x-http-status", "202"),)),
    ("ring.v1.Ring/DeleteNote", "google.protobuf.Empty", {}, "", (("x-http-status", "204"),)),
    (
        "ring.v1.Ring/CreateNote",
        "ring.v1.Note",
        NOTE,
        "",
        (("x-http-status", "201"), ("location", "/api/rooms/r1/notes/n1"), ("etag", '"v3"')),
    ),
    (
        "ring.v1.Ring/CreateRoom",
        "ring.v1.Room",
        {"id": "r1"},
        "",
        (("x-http-status", "201"), ("location", "/api/rooms/r1")),
    ),
    ("ring.v1.Ring/Look", "ring.v1.Note", NOTE, "", (("etag", '"v3"'),)),
    ("ring.v1.Ring/Look", "ring.v1.Note", {"id": "n1"}, "", ()),
    ("ring.v1.Ring/Say", "ring.v1.Note", NOTE, "", (("etag", '"v3"'),)),
    ("ring.v1.Ring/ListNotes", "ring.v1.ListNotesResponse", {}, "/api/rooms/r1/notes", ()),
    (
        "ring.v1.Ring/ListNotes",
        "ring.v1.ListNotesResponse",
        {"next_page_token": "a+b/c="},
        "/api/rooms/r1/notes",
        (
            ("x-http-status", "206"),
            ("link", "</api/rooms/r1/notes?pageToken=a%2Bb%2Fc%3D>;rel=next"),
            ("link", "</api/rooms/r1/notes>;rel=first"),
        ),
    ),
    (
        "ring.v1.Ring/ListNotes",
        "ring.v1.ListNotesResponse",
        {"next_page_token": "new"},
        "/api/rooms/r1/notes?pageSize=2&page_token=old&pageToken=old&q=a%26b",
        (
            ("x-http-status", "206"),
            ("link", "</api/rooms/r1/notes?pageSize=2&q=a%26b&pageToken=new>;rel=next"),
            ("link", "</api/rooms/r1/notes?pageSize=2&q=a%26b>;rel=first"),
        ),
    ),
]


@pytest.mark.parametrize("row", TABLE)
def test_the_first_row_that_fits(ring_contract: Contract, row: Row) -> None:
    method, kind, fields, path, expected = row
    answer = answer_of(ring_contract.methods[method], ring_contract)
    assert answer is not None
    call: Any = SimpleNamespace(metadata={"x-envoy-original-path": path}, chosen=())
    assert answer(ring_contract.message(kind)(**fields), call) == expected


def test_a_method_without_rest_has_no_answer(ring_contract: Contract) -> None:
    for name in ("Inside", "Count", "Gather", "Chat"):
        assert answer_of(ring_contract.methods[f"ring.v1.Ring/{name}"], ring_contract) is None


@pytest.mark.parametrize(
    ("method", "location"),
    [
        ("shop.users.v1.Users/CreateUser", "/api/users/x1"),
        ("shop.catalog.v1.Catalog/CreateProduct", "/api/products/x1"),
        ("shop.orders.v1.Orders/CreateOrder", "/api/users/u7/orders/x1"),
    ],
)
def test_where_the_shop_s_new_resources_are(shop_contract: Contract, method: str, location: str) -> None:
    found = shop_contract.methods[method]
    answer = answer_of(found, shop_contract)
    kind = shop_contract.message(found.response)
    made = kind(**{"id": "x1"} | ({"user_id": "u7"} if "user_id" in kind.DESCRIPTOR.fields_by_name else {}))
    assert answer is not None
    call: Any = SimpleNamespace(metadata={})
    assert dict(answer(made, call))["location"] == location
