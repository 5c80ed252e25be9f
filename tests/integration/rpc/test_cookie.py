"""The browser's cookie: counts for REST calls of our own pages, where nothing else says who calls."""

from typing import Any

import pytest

from protomesh.tokens import COOKIE
from tests.support.house import House
from tests.support.ring import Rings

Headers = dict[str, str]
GET: Headers = {"x-envoy-original-method": "GET", "x-envoy-original-path": "/api/x"}
OWN: Headers = {
    "x-envoy-original-method": "POST",
    "x-envoy-original-path": "/api/x",
    "x-envoy-original-authority": "shop.example:8080",
    "x-forwarded-proto": "http",
    "origin": "http://shop.example:8080",
}


class Seen:
    """A house that notes who called, and whose word it would pass on."""

    def __init__(self, rings: Rings) -> None:
        self.calls: list[tuple[str, str]] = []
        note = rings.contract.message("ring.v1.Note")

        def handler(_: Any, call: Any) -> Any:
            self.calls.append((call.identity.subject, call.authorization))
            return note(id="n1")

        self.note = note
        self.house: House = rings(handler)

    def ask(self, headers: Headers, cookie: str, *more: tuple[str, str]) -> tuple[str, str]:
        answer = self.house.ask("Look", self.note(), *headers.items(), ("cookie", cookie), *more)
        assert answer.code == "OK", answer.message
        return self.calls[-1]

    def token(self, subject: str = "u1") -> str:
        return self.house.mint.token(subject)


@pytest.fixture
def seen(rings: Rings) -> Seen:
    return Seen(rings)


@pytest.mark.parametrize("verb", ["GET", "HEAD", "OPTIONS"])
def test_it_says_who_reads_and_goes_on_as_a_bearer_token(seen: Seen, verb: str) -> None:
    token = seen.token()
    headers = {**GET, "x-envoy-original-method": verb}
    assert seen.ask(headers, f"a=1; {COOKIE}={token}; b=2") == ("u1", f"Bearer {token}")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"x-envoy-original-authority": "SHOP.example:8080"},
        {"x-envoy-original-authority": "shop.example:80", "origin": "http://shop.example"},
        {"x-envoy-original-authority": "a.b", "origin": "https://a.b", "x-forwarded-proto": "https"},
        {"x-envoy-original-authority": "[::1]:9", "origin": "http://[::1]:9"},
    ],
)
@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_of_our_own_may_change_things(seen: Seen, verb: str, change: Headers) -> None:
    headers = {**OWN, **change, "x-envoy-original-method": verb}
    assert seen.ask(headers, f"{COOKIE}={seen.token()}")[0] == "u1"


@pytest.mark.parametrize(
    "change",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://shop.example"},
        {"origin": "http://shop.example:8081"},
        {"origin": "https://shop.example:8080"},
        {"origin": "http://shop.example:8080.evil.example"},
        {"origin": "http://evil.example, http://shop.example:8080"},
        {"x-forwarded-proto": "https"},
        {"x-forwarded-proto": ""},
        {"x-envoy-original-authority": "", "origin": "http://"},
        {"x-envoy-original-method": "BREW", "origin": ""},
    ],
)
def test_the_page_of_another_may_not(seen: Seen, change: Headers) -> None:
    assert seen.ask({**OWN, **change}, f"{COOKIE}={seen.token()}") == ("", "")


def test_without_an_origin_nothing_is_changed(seen: Seen) -> None:
    headers = {name: value for name, value in OWN.items() if name != "origin"}
    assert seen.ask(headers, f"{COOKIE}={seen.token()}") == ("", "")


def test_over_grpc_it_says_nothing(seen: Seen) -> None:
    assert seen.ask({}, f"{COOKIE}={seen.token()}") == ("", "")
    others = {name: value for name, value in OWN.items() if name != "x-envoy-original-method"}
    assert seen.ask(others, f"{COOKIE}={seen.token()}") == ("", "")


def test_one_that_is_not_valid_counts_as_absent(seen: Seen) -> None:
    token = seen.token()
    for value in ("junk", "", f"{token}x", f"{token}; {COOKIE}={token}"):
        assert seen.ask(GET, f"{COOKIE}={value}") == ("", ""), value


def test_the_header_goes_first_whatever_it_is(seen: Seen) -> None:
    cookie, other = f"{COOKIE}={seen.token('u1')}", seen.token("u2")
    bearer = ("authorization", f"Bearer {other}")
    assert seen.ask(GET, cookie, bearer) == ("u2", f"Bearer {other}")
    for bad in ("Bearer junk", "Basic YTpi", ""):
        headers = (*GET.items(), ("cookie", cookie), ("authorization", bad))
        assert seen.house.ask("Look", seen.note(), *headers).code == "UNAUTHENTICATED", bad
