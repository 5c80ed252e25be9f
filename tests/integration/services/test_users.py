"""The users service over gRPC, with the project's own policies."""

import pytest

from protomesh.envelope import from_kafka
from shop_pb.shop.users.v1 import users_pb2 as pb
from tests.integration.services.shop import PASSWORD, Shop, types


def test_register_look_and_leave(shop: Shop) -> None:
    me = shop.register("u1")
    user = shop.users.ask("GetUser", pb.GetUserRequest(user_id="u1"), me).response
    assert (user.id, user.display_name, user.email) == ("u1", "u1", "u1@example.com")
    assert user.create_time == user.update_time
    leave = pb.DeleteUserRequest(user_id="u1", etag=user.etag)
    assert shop.users.ask("DeleteUser", leave, me).code == "OK"
    assert shop.users.ask("GetUser", pb.GetUserRequest(user_id="u1"), me).code == "NOT_FOUND"
    expected = ["shop.users.user.created.v1", "shop.audit.attempt.v1", "shop.users.user.deleted.v1"]
    assert types(shop.users) == expected


def test_the_event_of_a_registration_tells_no_address(shop: Shop) -> None:
    shop.register("u1")
    (row,) = shop.users.outbox()
    event = from_kafka(row.key, row.value, row.headers)
    user = pb.User.FromString(event.data)
    assert (user.id, user.display_name, user.email) == ("u1", "u1", "")
    assert (row.topic, row.key, event.source, event.dataschema) == (
        "users",
        b"u1",
        "//users",
        "shop.users.v1.User",
    )
    assert b"example.com" not in b"".join(value for _, value in row.headers)


def test_an_id_is_taken_once(shop: Shop) -> None:
    shop.register("u1")
    user = pb.User(display_name="other", email="other@example.com")
    answer = shop.users.ask(
        "CreateUser", pb.CreateUserRequest(user_id="u1", user=user, password="of somebody else")
    )
    assert (answer.code, answer.message) == ("ALREADY_EXISTS", "user u1 exists already")
    assert (
        shop.users.ask("GetUser", pb.GetUserRequest(user_id="u1"), shop.me("u1")).response.display_name
        == "u1"
    )
    assert types(shop.users) == ["shop.users.user.created.v1", "shop.audit.failure.v1"]


@pytest.mark.parametrize(
    "request_",
    [
        pb.CreateUserRequest(password=PASSWORD),
        pb.CreateUserRequest(user=pb.User(display_name="a", email="a@example.com")),
        pb.CreateUserRequest(user=pb.User(display_name="a", email="a@example.com"), password="7 chars"),
        pb.CreateUserRequest(user=pb.User(display_name="a", email="a@example.com"), password="x" * 129),
        pb.CreateUserRequest(user=pb.User(), password=PASSWORD),
        pb.CreateUserRequest(user=pb.User(display_name="a"), password=PASSWORD),
        pb.CreateUserRequest(user=pb.User(display_name="a", email="nobody"), password=PASSWORD),
        pb.CreateUserRequest(user=pb.User(display_name="", email="a@example.com"), password=PASSWORD),
        pb.CreateUserRequest(user=pb.User(display_name="x" * 101, email="a@example.com"), password=PASSWORD),
        pb.CreateUserRequest(
            user_id="../etc", user=pb.User(display_name="a", email="a@example.com"), password=PASSWORD
        ),
        pb.CreateUserRequest(
            user_id="-", user=pb.User(display_name="a", email="a@example.com"), password=PASSWORD
        ),
    ],
    ids=str,
)
def test_what_is_no_user_leaves_no_trace(shop: Shop, request_: pb.CreateUserRequest) -> None:
    assert shop.users.ask("CreateUser", request_).code == "INVALID_ARGUMENT"
    assert not shop.users.ask("ListUsers", pb.ListUsersRequest(), shop.admin).response.users
    assert not [name for name in types(shop.users) if name.startswith("shop.users")]


def test_an_old_etag_deletes_nothing(shop: Shop) -> None:
    me = shop.register("u1")
    answer = shop.users.ask("DeleteUser", pb.DeleteUserRequest(user_id="u1", etag="v7"), me)
    assert answer.code == "ABORTED"
    assert shop.users.ask("GetUser", pb.GetUserRequest(user_id="u1"), me).code == "OK"


def test_pages_hold_each_user_once(shop: Shop) -> None:
    names = [f"u{number:02}" for number in range(7)]
    for name in reversed(names):
        shop.register(name)
    seen: list[str] = []
    token = ""
    for _ in range(4):
        request = pb.ListUsersRequest(page_size=3, page_token=token)
        page = shop.users.ask("ListUsers", request, shop.admin).response
        seen += [user.id for user in page.users]
        token = page.next_page_token
        if not token:
            break
    assert seen == names
    bad = shop.users.ask("ListUsers", pb.ListUsersRequest(page_token="%%"), shop.admin)
    assert (bad.code, "page_token" in bad.message) == ("INVALID_ARGUMENT", True)


def test_who_may_see_whom(shop: Shop) -> None:
    me = shop.register("u1")
    other = shop.register("u2")
    asked = pb.GetUserRequest(user_id="u1")
    for token, code in (
        (me, "OK"),
        (other, "PERMISSION_DENIED"),
        (shop.admin, "OK"),
        (shop.mint.service("orders"), "OK"),
        (shop.mint.service("welcome_email"), "OK"),
        (shop.mint.service("catalog"), "PERMISSION_DENIED"),
    ):
        assert shop.users.ask("GetUser", asked, token).code == code, token[0]
    assert shop.users.ask("GetUser", asked).code == "UNAUTHENTICATED"
    assert shop.users.ask("ListUsers", pb.ListUsersRequest(), me).code == "PERMISSION_DENIED"
    assert shop.users.ask("DeleteUser", pb.DeleteUserRequest(user_id="u1"), other).code == "PERMISSION_DENIED"
