"""Keys that cannot be had: nobody knows whether a token counts, so it is 503; all others go on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from protomesh.tokens import new_key
from tests.e2e.access.doors import ORIGIN, Doors
from tests.e2e.access.forge import Forge
from tests.e2e.access.people import Press
from tests.e2e.access.project import copy_of_project
from tests.e2e.access.requests import BUILD, Asked, as_rest, named
from tests.e2e.access.targets import Target
from tests.support.contracts import load_shop
from tests.support.mesh import Answer, eventually, running
from tests.support.web import Web, body

CONTRACT = load_shop()
ELSEWHERE = "https://login.example"
CALLS = ("GetUser", "ListUsers", "ListProducts")
"""The last one is for anyone."""


@dataclass
class Away:
    """A mesh without its identity service, which believes an issuer whose keys are at `web`."""

    doors: Doors
    web: Web
    elsewhere: Forge
    mesh: str
    """The `iss` of the identity service that is not there."""

    def ask(self, call: str, token: str = "", **headers: str) -> Answer:
        asked = next(as_rest(named(CONTRACT, call), BUILD[call](Target("u1"))))
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.doors.fetched(Asked(asked.verb, asked.path), {"Origin": ORIGIN, **bearer, **headers})

    def code(self, call: str, token: str) -> str:
        metadata = [("authorization", f"Bearer {token}")]
        return self.doors.called(named(CONTRACT, call), BUILD[call](Target("u1")), metadata).code

    def is_away(self, token: str) -> None:
        """Both ways, on every call."""
        for call in CALLS:
            answer = self.ask(call, token)
            assert answer.status == 503, f"{call}: {answer}"
            assert answer.json()["code"] == "UNAVAILABLE"
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "www-authenticate" not in answer.headers, "another token would not help"
            assert token.split(".")[2] not in answer.body.decode()
            assert self.code(call, token) == "UNAVAILABLE", call

    def of_elsewhere(self, **header: Any) -> str:
        forge = self.elsewhere
        return forge.token(forge.header(**header), forge.claims(iss=ELSEWHERE))


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    web, pem = Web(body(b"out of order", 500)), new_key()
    project = copy_of_project(tmp_path_factory.mktemp("away"))
    policy = project / "policies" / "security.json"
    told = json.loads(policy.read_text())
    told["issuers"].append({"issuer": ELSEWHERE, "audiences": ["shop"], "jwks": web.url})
    policy.write_text(json.dumps(told))
    with running("--without", "functions", "--without", "identity", project=project) as mesh:
        address = mesh.address("gateway")
        doors = Doors(mesh, CONTRACT, Press.of(mesh), without="identity")
        yield Away(doors, web, Forge(pem), f"http://localhost:{address.rpartition(':')[2]}")
        doors.close()
    web.close()


def keys(away: Away) -> bytes:
    return json.dumps({"keys": [away.elsewhere.jwk]}).encode()


def test_tokens_of_an_identity_service_that_is_away(away: Away) -> None:
    forge = away.doors.press.pem
    away.is_away(Forge(forge).token(claims=Forge(forge).claims(iss=away.mesh)))
    away.is_away(Forge(new_key()).token(claims=Forge(forge).claims(iss=away.mesh)))


def test_a_browser_whose_cookie_nobody_knows_may_do_what_a_visitor_may(away: Away) -> None:
    """Elsewhere it is told so: whoever asked it to log in would send it to a page that is away too."""
    forge = Forge(away.doors.press.pem)
    cookie = f"protomesh_token={forge.token(claims=forge.claims(iss=away.mesh))}"
    for headers in ({"Accept": "*/*"}, {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}):
        assert away.ask("ListProducts", Cookie=cookie, **headers).status == 200
        told = away.ask("GetUser", Cookie=cookie, **headers)
        assert (told.status, told.json()["code"]) == (503, "UNAVAILABLE"), told
        assert not {"location", "www-authenticate"} & set(told.headers), told


def test_everybody_else_goes_on(away: Away) -> None:
    forge = Forge(away.doors.press.pem)
    assert away.ask("ListProducts").status == 200
    assert away.ask("GetUser").status == 401
    assert away.ask("GetUser", forge.token()).status == 404, "an admin may look, and there is nobody"
    assert away.ask("GetUser", forge.token(sign=forge.sign_as_stranger)).status == 401
    assert away.ask("ListProducts", forge.token(claims=forge.claims(iss="nobody"))).status == 401


def test_what_cannot_be_a_token_is_401_whoever_is_away(away: Away) -> None:
    forge = away.elsewhere
    for token in ("junk", "a.b.c", f"{away.of_elsewhere()}.x", forge.token(forge.header(crit=["exp"]))):
        assert away.ask("GetUser", token).status == 401, token


@pytest.mark.parametrize(
    "act",
    [body(b"out of order", 500), body(b"{"), body(b'{"keys": []}'), body(b"", 404)],
    ids=["broken", "no JSON", "no key", "not found"],
)
def test_an_issuer_elsewhere_that_gives_no_keys(away: Away, act: Any) -> None:
    away.web.act = act
    away.is_away(away.of_elsewhere())


def test_keys_that_come_count_and_stay(away: Away) -> None:
    """Last of this module: from here on the keys are known."""
    good = away.of_elsewhere()
    strange = Forge(new_key()).token(claims=away.elsewhere.claims(iss=ELSEWHERE))

    def says(status: int, token: str) -> bool:
        """To a user that is not there, and to a list that is for anyone, each in a service of its own."""
        products = {404: 200}.get(status, status)
        return (away.ask("GetUser", token).status, away.ask("ListProducts", token).status) == (
            status,
            products,
        )

    away.web.act = body(keys(away))
    eventually(lambda: says(404, good), "the keys were not fetched", 60)
    away.web.act = body(b"out of order", 500)
    assert says(404, good), "what was known is forgotten"
    eventually(lambda: says(503, strange), "an unknown key, and nobody to ask", 60)
    assert says(404, good), "what was known is forgotten"
    away.web.act = body(keys(away))
    eventually(lambda: says(401, strange), "the issuer does not know the key", 60)
