"""Changing things at a whole mesh: nobody's change is lost, nothing changes that was not asked for."""

from typing import Any

import pytest

from tests.support.mesh import Answer, Mesh, Rest, eventually

PASSWORD = "correct horse"


@pytest.fixture
def rest(mesh: Mesh) -> Rest:
    return mesh.gateway()


def register(rest: Rest, user_id: str) -> str:
    """The token of a new user."""
    user = {"displayName": user_id, "email": f"{user_id}@mail.example"}
    answer = rest("POST", "/api/users", {"userId": user_id, "user": user, "password": PASSWORD})
    assert (answer.status, answer.headers["etag"]) == (201, f'"{answer.json()["etag"]}"'), answer
    login = rest("POST", "/api/login", {"userId": user_id, "password": PASSWORD})
    return str(login.json()["accessToken"])


def order(rest: Rest, user_id: str, token: str) -> str:
    """The path of a new order, once it is confirmed: from then on nobody but its owner changes it."""
    body = {"lines": [{"productId": "coffee-mug", "quantity": 1}], "deliveryAddress": "1 Main Street"}
    path = rest("POST", f"/api/users/{user_id}/orders", body, token=token).headers["location"]
    eventually(
        lambda: rest("GET", path, token=token).json()["state"] == "STATE_CONFIRMED", "the order is confirmed"
    )
    return path


def test_an_order_is_changed_by_who_has_read_it(mesh: Mesh, rest: Rest) -> None:
    token = register(rest, "change-ann")
    path = order(rest, "change-ann", token)
    etag = rest("GET", path, token=token).headers["etag"]

    def ask(verb: str, query: str = "", body: Any = None, **headers: str) -> Answer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return rest(verb, path + query, body, token=token, headers=told)

    assert ask("GET", if_none_match=etag).status == 304
    moved = ask("PATCH", body={"deliveryAddress": "2 Side Street"}, if_match=etag)
    assert (moved.status, moved.json()["deliveryAddress"]) == (200, "2 Side Street"), moved
    late = ask("PATCH", body={"deliveryAddress": "3 Back Street"}, if_match=etag)
    assert (late.status, late.json()["code"]) == (412, "ABORTED"), late
    cleared = ask("PATCH", "?updateMask=deliveryAddress", {})
    assert (cleared.status, cleared.json()["deliveryAddress"]) == (200, ""), cleared
    assert ask("PATCH", "?updateMask=state", {"state": "STATE_PLACED"}).status == 400
    assert ask("PUT", body={"deliveryAddress": "x"}).status == 405
    admin = mesh.token("--subject", "root", "--role", "admin")
    gone = rest("DELETE", path, token=admin, headers={"If-Match": etag})
    assert gone.status == 412, gone
    assert ask("GET").json()["deliveryAddress"] == ""


def test_a_stale_removal_leaves_the_user_with_the_login(rest: Rest) -> None:
    token = register(rest, "change-bob")
    path = "/api/users/change-bob"
    assert rest("DELETE", path, token=token, headers={"If-Match": '"v7"'}).status == 412
    login = rest("POST", "/api/login", {"userId": "change-bob", "password": PASSWORD})
    assert login.status == 200, login
    etag = rest("GET", path, token=token).headers["etag"]
    assert rest("DELETE", path, token=token, headers={"If-Match": etag}).status == 204


def test_a_teapot_is_not_for_coffee(rest: Rest) -> None:
    token = register(rest, "change-cat")
    body = {"lines": [{"productId": "teapot", "quantity": 1}]}
    answer = rest("POST", "/api/users/change-cat/orders", body, token=token)
    assert (answer.status, answer.json()["code"]) == (418, "FAILED_PRECONDITION"), answer
    assert rest("GET", "/api/users/change-cat/orders", token=token).json()["orders"] == []
