"""Who is sent to the login page, and who is told 401: each protected path, as browsers ask for it."""

from urllib.parse import quote

import pytest

from tests.e2e.access.doors import ORIGIN, Doors
from tests.e2e.access.forge import Forge
from tests.e2e.access.requests import BUILD, Asked, as_rest, named
from tests.e2e.access.table import CASES
from tests.e2e.access.targets import Target
from tests.support.contracts import load_shop
from tests.support.mesh import Answer

CONTRACT = load_shop()
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NAVIGATES = {"Accept": PAGE, "Sec-Fetch-Mode": "navigate"}

FETCHES = [
    {"Accept": "*/*", "Sec-Fetch-Mode": "cors"},
    {"Accept": PAGE, "Sec-Fetch-Mode": "cors"},
    {"Accept": PAGE, "Sec-Fetch-Mode": "same-origin"},
    {"Accept": PAGE, "Sec-Fetch-Mode": "no-cors"},
    {"Accept": "application/json, text/html;q=0.5"},
    {"Accept": "text/html;q=0, */*"},
    {"Accept": "*/*"},
    {},
]
"""Who cannot follow a redirect, or could not tell that it was one."""

ASKED = [
    asked
    for call in sorted({case.call for case in CASES if case.who == "nobody" and case.gateway.decision == 401})
    for asked in as_rest(named(CONTRACT, call), BUILD[call](Target("u1", "o1", "access-mug")))
]
"""What nobody may do without an identity."""

LOOKS = [asked for asked in ASKED if asked.verb in {"GET", "HEAD"}]
CHANGES = [asked for asked in ASKED if asked.verb not in {"GET", "HEAD"}]


def path_of(asked: Asked) -> str:
    return f"{asked.verb} {asked.path}"


def is_told(answer: Answer) -> None:
    """Of the way in, not sent there."""
    assert answer.status == 401, answer
    assert "location" not in answer.headers, answer
    assert answer.headers["www-authenticate"] == "Bearer", answer
    assert "rel=login" in answer.headers["link"], answer
    assert answer.headers["access-control-allow-origin"] == ORIGIN, answer


def test_there_is_something_of_each() -> None:
    assert {asked.verb for asked in ASKED} == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("asked", LOOKS, ids=path_of)
def test_a_visitor_who_navigates_is_sent_to_log_in(asked: Asked, doors: Doors) -> None:
    back = quote(asked.path, safe="")
    for headers in (NAVIGATES, {"Accept": PAGE}, {"Accept": "text/html"}):
        answer = doors.fetched(asked, {"Origin": ORIGIN, **headers})
        assert answer.status == 302, f"{headers}: {answer}"
        assert answer.headers["location"] == f"/login?return_to={back}", answer


@pytest.mark.parametrize("asked", LOOKS, ids=path_of)
def test_a_page_that_fetches_is_told(asked: Asked, doors: Doors) -> None:
    for headers in FETCHES:
        is_told(doors.fetched(asked, {"Origin": ORIGIN, **headers}))


@pytest.mark.parametrize("asked", CHANGES, ids=path_of)
def test_whoever_would_change_something_is_told(asked: Asked, doors: Doors) -> None:
    for headers in (NAVIGATES, *FETCHES):
        is_told(doors.fetched(asked, {"Origin": ORIGIN, **headers}))


@pytest.mark.parametrize("asked", LOOKS, ids=path_of)
def test_who_is_known_is_sent_nowhere(asked: Asked, doors: Doors) -> None:
    """A browser whose user may not: logging in again would not help."""
    forge = Forge(doors.press.pem)
    cookie = forge.token(claims=forge.claims(sub="u3", roles=[]))
    answer = doors.fetched(asked, {"Origin": ORIGIN, **NAVIGATES, "Cookie": f"protomesh_token={cookie}"})
    assert answer.status == 403, answer


def test_a_cookie_that_is_over_sends_to_the_login_page(doors: Doors) -> None:
    forge = Forge(doors.press.pem)
    for cookie in (forge.token(claims=forge.claims(exp=1)), forge.token(sign=forge.sign_as_stranger), "junk"):
        answer = doors.fetched(
            Asked("GET", "/api/users/u1"), {**NAVIGATES, "Cookie": f"protomesh_token={cookie}"}
        )
        assert (answer.status, answer.headers["location"]) == (302, "/login?return_to=%2Fapi%2Fusers%2Fu1")


def test_the_login_page_is_there(doors: Doors) -> None:
    sent = doors.fetched(Asked("GET", "/api/users/u1"), NAVIGATES)
    page = doors.fetched(Asked("GET", sent.headers["location"]), NAVIGATES)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), page
    assert b'value="/api/users/u1"' in page.body
