"""Passwords of users who come and go, with the users service before, and crashes between the two."""

import pytest
from sqlalchemy import select

from protomesh.identity import REMEMBER
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity import store
from services.identity.domain import HOLD
from shop_pb.shop.users.v1 import users_pb2
from tests.integration.identity.place import Place
from tests.integration.services.shop import PASSWORD
from tests.support.house import House

OTHER = "battery staple"


def create(users: House, user_id: str = "ann", password: str = PASSWORD) -> str:
    user = users_pb2.User(display_name=user_id, email=f"{user_id}@example.com")
    request = users_pb2.CreateUserRequest(user_id=user_id, user=user, password=password)
    return users.ask("CreateUser", request).code


def test_who_registers_can_log_in(place: Place) -> None:
    users = place.users()
    try:
        assert create(users) == "OK"
        assert place.log_in().code == "OK"
        assert create(users, password=OTHER) == "ALREADY_EXISTS"
        place.clock.advance(10 * HOLD)
        assert create(users, password=OTHER) == "ALREADY_EXISTS"
        assert place.log_in(password=OTHER).code == "UNAUTHENTICATED"
        assert place.log_in().code == "OK"
    finally:
        users.close()


def test_who_is_deleted_can_log_in_no_more(place: Place) -> None:
    users = place.users()
    try:
        create(users)
        token = place.log_in().response.refresh_token
        request = users_pb2.DeleteUserRequest(user_id="ann")
        assert users.ask("DeleteUser", request, place.mint.bearer("ann")).code == "OK"
        assert place.log_in().code == "UNAUTHENTICATED"
        assert place.refresh(token).code == "UNAUTHENTICATED"
        assert create(users, password=OTHER) == "ALREADY_EXISTS", "tokens of the first may still count"
        place.clock.advance(HOLD)
        assert create(users, password=OTHER) == "OK"
        assert place.log_in().code == "UNAUTHENTICATED"
        assert place.log_in(password=OTHER).code == "OK"
    finally:
        users.close()


def test_without_identity_nobody_is_made(place: Place) -> None:
    users = place.users()
    try:
        place.house.server.drain(0.0)
        assert create(users) == "UNAVAILABLE"
        found = users.ask("ListUsers", users_pb2.ListUsersRequest(), place.mint.bearer("root", "admin"))
        assert not found.response.users
    finally:
        users.close()


def test_a_registration_that_broke_off_is_finished_by_the_same_person(place: Place) -> None:
    """As after a crash of users between the two steps: the credential is there, the user is not."""
    place.put()
    users = place.users()
    try:
        assert create(users, password=OTHER) == "ALREADY_EXISTS"
        assert create(users) == "OK"
    finally:
        users.close()


def test_a_registration_that_broke_off_blocks_nobody_for_ever_and_gives_nobody_away(place: Place) -> None:
    place.put()
    users = place.users()
    try:
        stale = place.log_in().response
        place.clock.advance(HOLD - 1)
        assert create(users, password=OTHER) == "ALREADY_EXISTS"
        place.clock.advance(1)
        assert create(users, password=OTHER) == "OK"
        assert place.log_in().code == "UNAUTHENTICATED"
        assert place.refresh(stale.refresh_token).code == "UNAUTHENTICATED", "it would be another's by now"
        assert place.log_in(password=OTHER).code == "OK"
    finally:
        users.close()


def test_an_id_is_not_given_away_while_a_token_of_it_counts(place: Place) -> None:
    place.put()
    token = place.log_in().response.refresh_token
    for _ in range(3):
        place.clock.advance(HOLD - 1)
        token = place.refresh(token).response.refresh_token
        assert place.put(password=OTHER) == "ALREADY_EXISTS"


def test_nobody_registers_an_id_that_has_roles(place: Place) -> None:
    """Whoever came first would have them; also after the user to whom they were given has gone."""
    place.grants["root"] = frozenset({"admin"})
    users = place.users()
    try:
        assert create(users, "root") == "ALREADY_EXISTS"
        assert create(users, "ann") == "OK"
        place.grants["ann"] = frozenset({"admin"})
        request = users_pb2.DeleteUserRequest(user_id="ann")
        assert users.ask("DeleteUser", request, place.mint.bearer("ann")).code == "OK"
        place.clock.advance(10 * HOLD)
        assert create(users, "ann") == "ALREADY_EXISTS"
        del place.grants["ann"]
        assert create(users, "ann") == "OK"
    finally:
        users.close()


def test_a_repeat_with_the_same_password_changes_nothing(place: Place) -> None:
    assert [place.put(), place.put(), place.put(password=OTHER)] == ["OK", "OK", "ALREADY_EXISTS"]
    assert place.log_in().code == "OK"


@pytest.mark.parametrize("method", ["PutCredential", "DeleteCredential", "PurgeCredentials"])
def test_passwords_are_for_the_users_service_alone(place: Place, method: str) -> None:
    requests = {
        "PutCredential": pb.PutCredentialRequest(user_id="ann", password=OTHER),
        "DeleteCredential": pb.DeleteCredentialRequest(user_id="ann"),
        "PurgeCredentials": pb.PurgeCredentialsRequest(),
    }
    for token in (place.mint.bearer("ann"), place.mint.bearer("root", "admin"), place.mint.service("orders")):
        assert place.house.ask(method, requests[method], token).code == "PERMISSION_DENIED"


def test_what_has_expired_is_forgotten_and_nothing_else(place: Place) -> None:
    place.put()
    place.put("bob")
    place.delete("bob")
    kept = place.log_in().response.refresh_token
    place.log_in(password="wrong horse")
    place.clock.advance(3_600.0)
    assert purged(place) == [1, 1, 1], "the address from which the right password came is still known"
    assert place.refresh(kept).code == "OK"
    place.clock.advance(REMEMBER)
    assert purged(place) == [1, 0, 0]


def purged(place: Place) -> list[int]:
    """How many credentials, refresh tokens and attempts are left after a clean-up."""
    cleanup = place.mint.service("nightly_cleanup")
    assert place.house.ask("PurgeCredentials", pb.PurgeCredentialsRequest(), cleanup).code == "OK"
    with place.house.database.unit_of_work(read_only=True) as work:
        tables = (store.credentials, store.refresh_tokens, store.attempts)
        return [len(work.tx.execute(select(table)).all()) for table in tables]


def test_a_service_in_use_cleans_up_by_itself(place: Place) -> None:
    place.put()
    for _ in range(3):
        place.log_in()
    place.clock.advance(REMEMBER)
    place.refresh("nobody's")
    with place.house.database.unit_of_work(read_only=True) as work:
        assert not work.tx.execute(select(store.refresh_tokens)).all()
        assert not work.tx.execute(select(store.attempts)).all()
