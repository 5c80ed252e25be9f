"""Conditional requests at the service, on both engines: what the headers of a REST call do to its request."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from protomesh import errors
from protomesh.contract import Contract
from protomesh.rpc import must_match
from shop_pb.shop.catalog.v1 import catalog_pb2 as pb
from tests.support.answers import Answer
from tests.support.house import House
from tests.support.ring import Rings

CATALOG = "shop.catalog.v1.Catalog"
Header = tuple[str, str]


class Shelf:
    """One product in state v2. An update tells in its title what it was asked."""

    def GetProduct(self, request: pb.GetProductRequest, _call: Any) -> pb.Product:
        return pb.Product(id=request.product_id, etag="v2")

    def UpdateProduct(self, request: pb.UpdateProductRequest, _call: Any) -> pb.Product:
        must_match(pb.Product(id="mug", etag="v2"), request.etag)
        return pb.Product(title=f"{request.etag}|{','.join(request.update_mask.paths)}", etag="v3")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda _request, _call: pytest.fail(f"{name} was called")


@pytest.fixture(params=["grpcio", "native"])
def shelf(request: pytest.FixtureRequest, tmp_path: Any, shop_contract: Contract) -> Any:
    rules = [{"on": [f"{CATALOG}/*"], "allow": ["anyone"]}]
    house = House(
        tmp_path, shop_contract, lambda _: {CATALOG: Shelf()}, rules=rules, engine=request.param, stores=False
    )
    yield house
    house.close()


def put(shelf: House, verb: str, *headers: Header, etag: str = "", mask: tuple[str, ...] = ()) -> Answer:
    request = pb.UpdateProductRequest(product_id="mug", etag=etag, product=pb.Product(title="T"))
    if mask:
        request.update_mask.CopyFrom(FieldMask(paths=mask))
    seen = (("x-envoy-original-method", verb), ("x-envoy-original-path", "/api/products/mug"))
    return shelf.ask("UpdateProduct", request, *seen, *headers)


def get(shelf: House, *headers: Header) -> Answer:
    return shelf.ask(
        "GetProduct", pb.GetProductRequest(product_id="mug"), ("x-envoy-original-method", "GET"), *headers
    )


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([], ""),
        ([("if-match", "*")], ""),
        ([("if-match", '"v2"')], "v2"),
        ([("if-match", '"v1", "v2"')], '"v1", "v2"'),
        ([("if-match", '"v1"'), ("if-match", '"v2"')], '"v1", "v2"'),
    ],
)
def test_if_match_fills_the_etag(shelf: House, headers: list[Header], told: str) -> None:
    assert put(shelf, "PATCH", *headers).response.title == f"{told}|"


@pytest.mark.parametrize("value", ['"v1"', 'W/"v2"', '"v1", W/"v2"', '"V2"', '""'])
def test_a_mismatch_is_412_for_rest_and_aborted_for_all(shelf: House, value: str) -> None:
    answer = put(shelf, "PATCH", ("if-match", value))
    assert (answer.code, answer.trailing["x-http-status"]) == ("ABORTED", ["412"]), answer
    assert "product mug has changed: its etag is v2" in answer.message


@pytest.mark.parametrize(("etag", "value"), [("v2", '"v2"'), ('"v2"', '"v2"'), ("v2", "*")])
def test_header_and_field_may_say_the_same(shelf: House, etag: str, value: str) -> None:
    assert put(shelf, "PATCH", ("if-match", value), etag=etag).response.title.strip('"') == "v2|"


@pytest.mark.parametrize(
    ("headers", "etag", "field"),
    [
        ([("if-match", '"v2"')], "v1", "etag"),
        ([("if-match", '"v1", "v2"')], "v2", "etag"),
        ([("if-match", "v2")], "", "if-match"),
        ([("if-match", '"v2')], "", "if-match"),
        ([("if-none-match", "*")], "", "if-none-match"),
        ([("if-match", f'"{"x" * 65}"')], "", "etag"),
    ],
)
def test_what_contradicts_itself_or_is_malformed(
    shelf: House, headers: list[Header], etag: str, field: str
) -> None:
    answer = put(shelf, "PATCH", *headers, etag=etag)
    assert answer.code == "INVALID_ARGUMENT", answer
    assert answer.message.lower().startswith(field), answer


def test_over_grpc_headers_say_nothing(shelf: House) -> None:
    request = pb.UpdateProductRequest(product_id="mug", product=pb.Product(title="T"))
    answer = shelf.ask("UpdateProduct", request, ("if-match", '"v1"'))
    assert answer.response.title == "|"


def test_put_replaces_and_patch_does_not(shelf: House) -> None:
    assert put(shelf, "PATCH").response.title == "|"
    assert put(shelf, "PATCH", mask=("title", "stock")).response.title == "|title,stock"
    assert put(shelf, "PUT").response.title == "|*"
    assert put(shelf, "PUT", mask=("*",)).response.title == "|*"
    answer = put(shelf, "PUT", mask=("title",))
    assert (answer.code, answer.message) == (
        "INVALID_ARGUMENT",
        "update_mask: a PUT replaces all fields; PATCH changes some",
    )


@pytest.mark.parametrize("value", ['"v2"', 'W/"v2"', '"v1", "v2"', "*"])
def test_a_read_that_knows_the_state(shelf: House, value: str) -> None:
    answer = get(shelf, ("if-none-match", value))
    assert (answer.initial["x-http-status"], answer.initial["etag"]) == (["304"], ['"v2"']), answer


def test_a_read_that_knows_another_state(shelf: House) -> None:
    answer = get(shelf, ("if-none-match", '"v1"'), ("if-match", '"v2"'))
    assert (answer.initial.get("x-http-status"), answer.initial["etag"]) == (None, ['"v2"']), answer


def test_a_read_of_a_certain_state(shelf: House) -> None:
    """RFC 9110, 13.2.2: If-Match is asked first."""
    answer = get(shelf, ("if-none-match", '"v2"'), ("if-match", '"v1"'))
    assert (answer.code, answer.trailing["x-http-status"]) == ("ABORTED", ["412"]), answer
    assert get(shelf, ("if-match", "*")).code == "OK"
    assert get(shelf, ("if-none-match", "v2")).code == "INVALID_ARGUMENT"


def test_a_write_without_an_etag_refuses_the_condition(rings: Rings) -> None:
    """It would write whatever the state is."""

    def never(_request: Any, _call: Any) -> Any:
        raise errors.Internal("the handler was called")

    request = rings.contract.message("ring.v1.Room")(id="r1")
    answer = rings(never).rest("CreateRoom", request, ("if-match", '"v1"'))
    assert (answer.code, answer.message) == (
        "INVALID_ARGUMENT",
        "if-match: is not for this method: leave it out",
    )
