"""Logging in at a whole mesh: tokens, forms and cookies through a real gateway, counted by every service."""

from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.support.mesh import Answer, Mesh, Rest

PASSWORD = "correct horse"
FORM = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml"


@pytest.fixture
def rest(mesh: Mesh) -> Rest:
    return mesh.gateway()


def register(rest: Rest, user_id: str) -> None:
    user = {"displayName": user_id, "email": f"{user_id}@mail.example"}
    answer = rest("POST", "/api/users", {"userId": user_id, "user": user, "password": PASSWORD})
    assert answer.status == 201, answer


def log_in(rest: Rest, user_id: str, password: str = PASSWORD) -> Answer:
    return rest("POST", "/api/login", {"userId": user_id, "password": password})


def origin(rest: Rest) -> str:
    return f"http://{rest.address}"


def submit(rest: Rest, user_id: str, password: str = PASSWORD, site: str = "same-origin") -> Answer:
    data = urlencode({"user_id": user_id, "password": password, "return_to": f"/api/users/{user_id}"})
    headers = {"Content-Type": FORM, "Origin": origin(rest), "Sec-Fetch-Site": site}
    return rest("POST", "/login", data.encode(), headers=headers)


def cookies(answer: Answer) -> dict[str, str]:
    """What a browser would keep; an empty value where it would forget."""
    return {name: each.value for name, each in SimpleCookie(answer.headers["set-cookie"]).items()}


def test_a_login_counts_at_every_service(rest: Rest) -> None:
    register(rest, "login-ann")
    pair = log_in(rest, "login-ann").json()
    assert pair["expiresIn"] == 900
    assert rest("GET", "/api/users/login-ann", token=pair["accessToken"]).status == 200
    body = {"lines": [{"productId": "coffee-mug", "quantity": 1}], "deliveryAddress": "1 Main Street"}
    assert rest("POST", "/api/users/login-ann/orders", body, token=pair["accessToken"]).status == 201
    assert rest("GET", "/api/users/login-bob", token=pair["accessToken"]).status == 403


def test_a_refresh_token_counts_once(rest: Rest) -> None:
    register(rest, "login-ref")
    first = log_in(rest, "login-ref").json()
    answer = rest("POST", "/api/login:refresh", {"refreshToken": first["refreshToken"]})
    assert answer.status == 200, answer
    assert rest("GET", "/api/users/login-ref", token=answer.json()["accessToken"]).status == 200
    assert rest("POST", "/api/login:refresh", {"refreshToken": first["refreshToken"]}).status == 409
    token = answer.json()["accessToken"]
    assert rest("POST", "/api/logout", {}, token=token).status == 204
    again = {"refreshToken": answer.json()["refreshToken"]}
    assert rest("POST", "/api/login:refresh", again).status == 401


def test_a_wrong_password_is_a_problem_and_too_many_are_another(rest: Rest) -> None:
    register(rest, "login-eve")
    wrong = [log_in(rest, "login-eve", f"guess {number}") for number in range(6)]
    assert [each.status for each in wrong] == [401] * 5 + [429]
    assert wrong[0].json()["code"] == "UNAUTHENTICATED"
    assert int(wrong[-1].headers["retry-after"]) >= 1
    assert wrong[-1].json()["code"] == "RESOURCE_EXHAUSTED"
    assert all("guess" not in str(each) for each in wrong)


def test_a_form_gives_cookies_that_every_service_takes(rest: Rest) -> None:
    register(rest, "login-fay")
    answer = submit(rest, "login-fay")
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/api/users/login-fay", b"")
    jar = cookies(answer)
    sent = {"Cookie": f"protomesh_token={jar['protomesh_token']}"}
    assert rest("GET", "/api/users/login-fay", headers=sent).status == 200
    body = {"lines": [{"productId": "coffee-mug", "quantity": 1}], "deliveryAddress": "1 Main Street"}
    path = "/api/users/login-fay/orders"
    assert rest("POST", path, body, headers=sent).status == 401, "from no page of ours"
    assert rest("POST", path, body, headers={**sent, "Origin": origin(rest)}).status == 201
    left = rest("POST", "/api/logout", {}, headers={**sent, "Origin": origin(rest)})
    assert left.status == 204
    assert cookies(left) == {"protomesh_token": "", "protomesh_renewal": ""}
    again = {"Cookie": f"protomesh_renewal={jar['protomesh_renewal']}"}
    assert rest("GET", "/login?return_to=/api", headers=again).status == 200, "the login has ended"


def test_a_login_is_renewed_on_the_way(rest: Rest) -> None:
    register(rest, "login-gus")
    jar = cookies(submit(rest, "login-gus"))
    away = rest("GET", "/api/users/login-gus", headers={"Accept": BROWSER})
    assert (away.status, away.headers["location"]) == (
        302,
        "/login?return_to=%2Fapi%2Fusers%2Flogin-gus",
    )
    form = rest("GET", away.headers["location"], headers={"Accept": BROWSER})
    assert (form.status, form.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'value="/api/users/login-gus"' in form.body
    at_once = rest("GET", "/login", headers={"Cookie": f"protomesh_renewal={jar['protomesh_renewal']}"})
    assert at_once.status == 200, "no way round and round"


def test_a_form_of_another_site_and_a_wrong_password_are_pages(rest: Rest) -> None:
    register(rest, "login-hal")
    for answer, status in (
        (submit(rest, "login-hal", "guess"), 401),
        (submit(rest, "login-hal", site="cross-site"), 403),
    ):
        assert answer.status == status, answer
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert b'role="alert"' in answer.body
        assert "set-cookie" not in answer.headers


def test_where_the_keys_are(rest: Rest) -> None:
    found = rest("GET", "/.well-known/openid-configuration").json()
    assert found["jwks_uri"] == f"{found['issuer']}/.well-known/jwks.json"
    keys = rest("GET", "/.well-known/jwks.json")
    assert (keys.status, keys.headers["content-type"]) == (200, "application/json")
    assert {each["alg"] for each in keys.json()["keys"]} == {"ES256"}


@pytest.mark.parametrize(
    "path", ["PutCredential", "DeleteCredential", "PurgeCredentials", "IssueServiceToken"]
)
def test_the_inner_methods_have_no_door(rest: Rest, path: str) -> None:
    assert rest("POST", f"/mesh.identity.v1.Identity/{path}", {}).status in {404, 415}
