"""Addresses, for any values: they come back as they went in, and a header stays one header."""

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from protomesh.rpc.links import Offer, header, turned
from protomesh.rpc.links.address import Address, segments, with_query
from protomesh.rpc.links.header import LONGEST
from shop_pb.shop.orders.v1 import orders_pb2 as pb

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
OFFERS = st.lists(
    st.builds(
        Offer,
        st.just("self"),
        TEXT.map(lambda text: Address("/a/{x}").fill([text])),
        TEXT,
        st.sampled_from(["GET", "POST", "DELETE"]),
    ),
    max_size=100,
)


@given(TEXT, TEXT)
def test_values_come_back_out_of_an_address(user: str, order: str) -> None:
    path = Address("/api/users/{user_id}/orders/{order_id}:cancel").fill([user, order])
    assert path.isascii()
    assert path.isprintable()
    parts = path.removesuffix(":cancel").split("/")
    assert [unquote(part) for part in parts] == ["", "api", "users", user, "orders", order]


def test_the_names_of_variables_do_not_matter() -> None:
    assert segments("/api/users/{user_id}") == segments("/api/users/{id}") == ("api", "users", "*")


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5), TEXT)
def test_a_page_keeps_the_query(query: list[tuple[str, str]], token: str) -> None:
    kept = [(name, value) for name, value in query if name not in {"pageToken", "page_token"}]
    first = turned("/api/users")
    assert first == "/api/users"
    following = turned(turned(f"/api/users?{urlencode(query)}", "old"), token)
    assert parse_qsl(urlsplit(following).query) == [*kept, ("pageToken", token)]
    assert parse_qsl(urlsplit(turned(following)).query) == kept


def test_a_list_asked_for_over_grpc_has_the_address_that_rest_has() -> None:
    request = pb.ListOrdersRequest(user_id="u1", page_size=2, page_token="a=b")
    assert with_query("/api/users/u1/orders", request, ("user_id",)) == (
        "/api/users/u1/orders?pageSize=2&pageToken=a%3Db"
    )
    assert with_query("/p", pb.ListOrdersRequest(user_id="u1"), ("user_id",)) == "/p"


def test_nested_and_repeated_fields_stand_in_the_query_as_the_gateway_reads_them() -> None:
    request = pb.UpdateOrderRequest(
        user_id="u1", order=pb.Order(id="o1", lines=[pb.OrderLine(product_id="x")])
    )
    request.update_mask.paths.extend(["delivery_address"])
    found = parse_qsl(urlsplit(with_query("/p", request, ("user_id",))).query)
    assert found == [("order.id", "o1"), ("order.lines.productId", "x"), ("updateMask", "deliveryAddress")]


@given(OFFERS)
def test_a_header_is_bounded_and_can_be_sent(offers: list[Offer]) -> None:
    found = header(offers)
    assert len(found) == bool(offers)
    for name, value in found:
        assert name == "link"
        assert len(value) <= LONGEST
        assert value.isascii()
        assert value.isprintable()


def test_the_last_links_are_left_out_first() -> None:
    offers = [Offer(f"r{at}", "/" + "a" * 500, "", "GET") for at in range(9)]
    ((_, value),) = header(offers)
    assert [part.partition("rel=")[2] for part in value.split(", ")] == ["r0", "r1", "r2", "r3"]
    assert header([]) == ()


def test_the_method_is_told_unless_it_is_get() -> None:
    offers = [Offer("self", "/api/x", "X", "GET"), Offer("delete", "/api/x", "X", "DELETE")]
    assert header(offers) == (("link", "</api/x>;rel=self, </api/x>;rel=delete;method=DELETE"),)
