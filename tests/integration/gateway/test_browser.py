"""The whole way of a browser: a real gateway before a real service that decides by policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.gateway import Addresses, Endpoint, render_dynamic
from protomesh.settings import Manifest
from protomesh.tokens import COOKIE
from tests.integration.gateway.clients import ORIGIN, Answer, Rest, eventually
from tests.integration.gateway.envoys import free_port, running, write
from tests.integration.gateway.problems import assert_problem
from tests.support.house import House
from tests.support.ring import Rings

NOTE = "/api/rooms/r1/notes/n1"
BACK = "%2Fapi%2Frooms%2Fr1%2Fnotes%2Fn1%3Ftext%3Da%2520b"
RULES = [{"on": ["ring.v1.Ring/*"], "allow": ["authenticated"]}]
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


class Page:
    """A browser at `http://127.0.0.1:PORT`."""

    def __init__(self, rest: Rest, house: House) -> None:
        self.rest, self.house = rest, house
        self.own = f"http://127.0.0.1:{rest.port}"

    def cookie(self, **more: Any) -> str:
        return f"theme=dark; {COOKIE}={self.house.mint.token('u1', **more)}"

    def get(self, **headers: str) -> Answer:
        told: dict[str, Any] = headers
        return self.rest("GET", f"{NOTE}?text=a%20b", accept=BROWSER, **told)

    def post(self, origin: str, **headers: str) -> Answer:
        told: dict[str, Any] = headers
        return self.rest("POST", "/api/notes:say", {"id": "n1"}, Origin=origin, cookie=self.cookie(), **told)


@pytest.fixture
def page(tmp_path: Path, ring_contract: Contract) -> Iterator[Page]:
    rings = Rings(tmp_path, ring_contract, "grpcio")
    house = rings(lambda request, call: rings.Note(id=call.identity.subject, room_id=request.id), rules=RULES)
    manifest = Manifest.model_validate({"gateway": {"cors": {"origins": [ORIGIN]}}, "services": {"ring": {}}})
    port = free_port()
    host, _, service = house.address.partition(":")
    at = Addresses(Endpoint("127.0.0.1", port), {"ring": (Endpoint(host, int(service)),)})
    folder = tmp_path / "gateway"
    folder.mkdir()
    write(folder, render_dynamic(ring_contract, manifest, at, folder=str(folder)))
    with running(folder / "bootstrap.json", port, folder / "log"):
        eventually(lambda: Rest(port)("GET", "/readyz"), lambda answer: answer.status == 200)
        yield Page(Rest(port), house)
    rings.close()


def test_a_visitor_is_sent_to_log_in_and_comes_back_with_a_cookie(page: Page) -> None:
    sent = page.get()
    assert (sent.status, sent.headers["location"]) == (302, f"/login?return_to={BACK}"), sent
    assert page.get(sec_fetch_mode="cors").status == 401
    back = page.get(cookie=page.cookie())
    assert (back.status, back.json["id"]) == (200, "u1"), back


def test_a_cookie_that_is_over_or_doubled_is_a_visitors(page: Page) -> None:
    for cookie in (page.cookie(lifetime=-3600.0), f"{COOKIE}=junk", f"{page.cookie()}; {COOKIE}=x"):
        answer = page.get(cookie=cookie)
        assert (answer.status, answer.headers["location"]) == (302, f"/login?return_to={BACK}"), answer


def test_the_header_goes_before_the_cookie(page: Page) -> None:
    other = page.get(cookie=page.cookie(), authorization=f"Bearer {page.house.mint.token('u2')}")
    assert other.json["id"] == "u2"
    bad = page.rest("GET", NOTE, cookie=page.cookie(), authorization="Bearer junk")
    assert_problem(bad, 401, "UNAUTHENTICATED")
    assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_only_our_own_page_changes_things(page: Page) -> None:
    done = page.post(page.own)
    assert (done.status, done.json["id"]) == (200, "u1"), done
    port = page.rest.port
    for origin in (
        ORIGIN,
        "null",
        "http://127.0.0.1",
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port}0",
    ):
        assert page.post(origin).status == 401, origin


def test_what_a_stranger_says_of_the_host_does_not_count(page: Page) -> None:
    told = page.post(
        ORIGIN,
        x_envoy_original_authority="app.example",
        x_forwarded_proto="https",
        x_forwarded_host="app.example",
        x_envoy_original_method="GET",
        x_http_method_override="GET",
    )
    assert told.status == 401, told
