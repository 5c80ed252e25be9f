"""After the login a browser stays on this site."""

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.identity import safe_return

SITE = "https://shop.example"
NASTY = st.text(st.sampled_from("/\\:@?#%.;&=abc05cf \t\r\n\0jhtps\u2028\uff0f"), max_size=40)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/users/u1",
        "/docs?page=2&x=%C3%BC",
        "/a:b@c",
        "/login?return_to=%2Fapi",
        "/x?u=https://a.b/",
    ],
)
def test_paths_of_this_site_are_kept(path: str) -> None:
    assert safe_return(path) == path


@pytest.mark.parametrize(
    "tricky",
    [
        "",
        "api",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%2Fevil.example",
        "/%2f%2fevil.example",
        "/%252F%252Fevil.example",
        "/%5Cevil.example",
        "/%255Cevil.example",
        "/\tevil",
        "/%09/evil",
        "/%0d%0aset-cookie:%20a=b",
        "/a\r\nset-cookie: a=b",
        "/a b",
        "/../x",
        "/%2e%2e/x",
        "/a\0",
        "/ä",
        "/a#//b",
        "/" + "a" * 2_000,
        " /api",
    ],
)
def test_everything_else_is_the_front_page(tricky: str) -> None:
    assert safe_return(tricky) == "/"


@given(st.one_of(NASTY, NASTY.map(lambda text: "/" + text), NASTY.map(lambda text: "/" + quote(text))))
def test_no_text_leads_away(text: str) -> None:
    found = safe_return(text)
    for read in (found, unquote(found), unquote(unquote(found))):
        path = read.partition("?")[0]
        assert path.startswith("/")
        assert not path.startswith(("//", "/\\"))
        assert read.isprintable()
    assert not urlsplit(found).netloc
    assert not urlsplit(found).scheme
    assert found.isascii()
