"""The login form, as the gateway brings it and as its answer goes back."""

import json

import pytest
from google.api import httpbody_pb2

from protomesh.tokens import token_of_cookie
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from tests.integration.identity.place import Place
from tests.integration.services.shop import PASSWORD, types
from tests.support.answers import Answer


def status(answer: Answer) -> str:
    assert answer.code == "OK", answer
    return str(answer.initial["x-http-status"][0])


def test_the_form_is_shown(place: Place) -> None:
    answer = place.house.rest("LoginPage", pb.LoginPageRequest(return_to="//evil.example"), path="/login")
    assert status(answer) == "200"
    assert answer.response.content_type == "text/html; charset=utf-8"
    assert b"evil" not in answer.response.data
    assert "frame-ancestors 'none'" in answer.initial["content-security-policy"][0]


def test_a_right_password_gives_a_cookie_and_the_way_back(place: Place) -> None:
    place.put()
    answer = place.submit(user_id="ann", password=PASSWORD, return_to="/api/users/ann")
    assert (status(answer), answer.initial["location"]) == ("303", ["/api/users/ann"])
    access, renewal = (str(each).split("; ") for each in answer.initial["set-cookie"])
    assert access[1:] == ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=900"]
    assert place.read(token_of_cookie(access[0])).subject == "ann"
    assert renewal[0].startswith("protomesh_renewal=")
    assert renewal[1:] == ["HttpOnly", "Secure", "SameSite=Lax", "Path=/login", "Max-Age=2592000"]
    assert answer.initial["cache-control"] == ["no-store"]
    assert types(place.house) == ["shop.audit.login.v1"]


@pytest.mark.parametrize("return_to", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_the_way_back_stays_on_this_site(place: Place, return_to: str) -> None:
    place.put()
    answer = place.submit(user_id="ann", password=PASSWORD, return_to=return_to)
    assert (status(answer), answer.initial["location"]) == ("303", ["/"])


def test_a_wrong_password_gives_the_form_again(place: Place) -> None:
    place.put()
    answer = place.submit(user_id="ann", password="wrong horse", return_to="/api")
    assert status(answer) == "401"
    assert "set-cookie" not in answer.initial
    page = answer.response.data.decode()
    assert 'value="ann"' in page
    assert 'value="/api"' in page
    assert 'role="alert"' in page
    assert "horse" not in page
    assert types(place.house) == ["shop.audit.failure.v1"]


def test_who_fails_is_nobody_even_with_an_identity_of_another(place: Place) -> None:
    place.put()
    answer = place.submit(place.mint.bearer("bob"), user_id="ann", password="wrong horse")
    assert status(answer) == "401"
    assert types(place.house) == ["shop.audit.failure.v1"]


@pytest.mark.parametrize(
    "name", ["", "Ann", "a\0b", "ann\r\n", "ä" * 500, "'; DROP TABLE credentials; --", "\ud7ff"]
)
def test_what_no_user_is_called_is_a_wrong_name(place: Place, name: str) -> None:
    answer = place.submit(user_id=name, password=PASSWORD)
    assert status(answer) == "401"
    assert "User name or password is wrong." in answer.response.data.decode()


def test_too_many_are_told_when_to_come_again(place: Place) -> None:
    place.put()
    answers = [place.submit(user_id="ann", password=f"guess {number}") for number in range(6)]
    assert [status(each) for each in answers] == ["401"] * 5 + ["429"]
    assert int(answers[-1].initial["retry-after"][0]) >= 1


def test_another_site_s_form_logs_nobody_in(place: Place) -> None:
    place.put()
    answer = place.submit(("origin", "https://evil.example"), user_id="ann", password=PASSWORD)
    assert status(answer) == "403"
    assert "set-cookie" not in answer.initial
    assert status(place.submit(("sec-fetch-site", "same-origin"), user_id="ann", password=PASSWORD)) == "303"


def test_what_is_no_form_is_told_so(place: Place) -> None:
    body = httpbody_pb2.HttpBody(content_type="application/json", data=b"{}")
    answer = place.house.rest("SubmitLogin", pb.SubmitLoginRequest(form=body), path="/login")
    assert status(answer) == "400"


def test_where_what_is(place: Place) -> None:
    body = place.house.ask("GetConfiguration", pb.GetConfigurationRequest()).response
    found = json.loads(body.data)
    assert found["jwks_uri"] == f"{found['issuer']}/.well-known/jwks.json"
    assert {key["alg"] for key in place.jwks()["keys"]} == {"ES256"}
    assert not [key for key in place.jwks()["keys"] if "d" in key]
