"""Whom a certificate names: one component of this mesh, or nobody."""

from hypothesis import given
from hypothesis import strategies as st

from protomesh.certificates import RESERVED, component, spiffe
from protomesh.settings.manifest import NO_SERVICE

KNOWN = frozenset({"users", "orders", "gateway"})


def test_a_spiffe_id_of_this_mesh_or_one_dns_name() -> None:
    assert component("shop", KNOWN, ["spiffe://shop/users"], ["orders"]) == "users"
    assert component("shop", KNOWN, [], ["orders", "localhost", "orders.shop.svc"]) == "orders"


def test_nobody_else() -> None:
    for uris, names in (
        (["spiffe://other/users"], ["users"]),
        (["spiffe://shop/users", "spiffe://shop/orders"], []),
        (["spiffe://shop/users", "spiffe://other/users"], []),
        (["spiffe://shop/users/"], []),
        (["spiffe://shop/strange"], ["users"]),
        (["https://shop/users"], ["users"]),
        ([], ["users", "orders"]),
        ([], ["localhost"]),
        ([], ["users.example"]),
        ([], []),
    ):
        assert component("shop", KNOWN, uris, names) == "", (uris, names)


words = st.text("abcs:/.-", max_size=12) | st.sampled_from(sorted(KNOWN))


@given(
    st.lists(words.map(lambda word: f"spiffe://shop/{word}") | words, max_size=3), st.lists(words, max_size=4)
)
def test_whatever_it_says_it_is_a_component_only_by_its_exact_name(uris: list[str], names: list[str]) -> None:
    found = component("shop", KNOWN, uris, names)
    assert not found or (
        found in KNOWN and (uris == [spiffe("shop", found)] or (not uris and found in names))
    )


def test_no_service_can_have_the_name_of_another_component() -> None:
    assert NO_SERVICE == RESERVED
