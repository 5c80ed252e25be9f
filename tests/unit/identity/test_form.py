"""The form as it comes back, and the page that it comes from."""

from contextlib import suppress
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import InvalidArgument, PermissionDenied
from protomesh.identity import HEADERS, LoginForm, login_page, must_be_ours, read_form

FORM = "application/x-www-form-urlencoded"
SITE = "https://shop.example"


class Page(HTMLParser):
    """The tags with their attributes, and the words."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def value(self, name: str) -> str | None:
        return next(each["value"] for _, each in self.tags if each.get("name") == name and "value" in each)


def test_a_form_is_read() -> None:
    data = b"user_id=ann&password=a%26b+%C3%BC&return_to=%2Fapi&more=1"
    assert read_form(f"{FORM}; charset=utf-8", data) == LoginForm("ann", "a&b ü", "/api")
    assert read_form(FORM, b"") == LoginForm()


def test_a_form_shows_nothing_in_a_log() -> None:
    assert "secret" not in repr(LoginForm("ann", "secret"))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json", b"{}"),
        ("", b"user_id=ann"),
        (FORM, b"user_id=ann&user_id=bob"),
        (FORM, b"password=%ff"),
        (FORM, "user_id=\u00e4".encode()),
        (FORM, b"a=1&" * 50),
        (FORM, b"password=" + b"x" * 20_000),
    ],
)
def test_what_is_no_form_is_told_so(kind: str, data: bytes) -> None:
    with pytest.raises(InvalidArgument, match="form: "):
        read_form(kind, data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_a_clear_error(data: bytes) -> None:
    with suppress(InvalidArgument):
        assert isinstance(read_form(FORM, data), LoginForm)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"origin": SITE},
        {"origin": SITE.upper()},
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8080"},
        {"sec-fetch-site": "none"},
    ],
)
def test_our_own_page_may_send_it(metadata: dict[str, str]) -> None:
    must_be_ours(metadata, SITE)


@pytest.mark.parametrize(
    "metadata",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://shop.example"},
        {"origin": "https://shop.example.evil.example"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site", "origin": SITE},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
    ],
)
def test_another_site_s_page_may_not(metadata: dict[str, str]) -> None:
    with pytest.raises(PermissionDenied):
        must_be_ours(metadata, SITE)


@given(st.text(), st.text(), st.text(min_size=1))
def test_values_stay_values(return_to: str, user_id: str, fault: str) -> None:
    plain = Page(login_page("/", "x", "y"))
    shown = Page(login_page(return_to, user_id, fault))
    assert [tag for tag, _ in shown.tags] == [tag for tag, _ in plain.tags]


def test_the_page_can_be_used_by_everybody() -> None:
    page = Page(login_page("/api?a=1&b=2", '"><b>ann', "Wrong."))
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert page.value("user_id") == '"><b>ann'
    assert page.value("return_to") == "/api?a=1&b=2"
    fields = [each for tag, each in page.tags if tag == "input" and each.get("type") != "hidden"]
    labels = {each["for"] for tag, each in page.tags if tag == "label"}
    assert labels == {each["id"] for each in fields}
    assert {each["autocomplete"] for each in fields} == {"username", "current-password"}
    assert {each["aria-describedby"] for each in fields} == {"fault"}
    assert any(each.get("role") == "alert" for _, each in page.tags)
    assert not {"script", "img", "link", "iframe"} & set(tags)
    assert "Wrong." in page.words


def test_the_page_trusts_nobody() -> None:
    headers = dict(HEADERS)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
