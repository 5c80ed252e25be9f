"""Passwords of users who come and go, with the users service before, and crashes between the two."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from protomesh.identity import REMEMBER, Passwords
from protomesh.policy import load_security
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity import store
from services.identity.domain import HOLD
from services.identity.handlers import Identity
from shop_pb.shop.users.v1 import users_pb2
from tests.integration.identity.place import Place
from tests.integration.services.shop import CHEAP, IDENTITY, PASSWORD
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
    finally:
        users.close()


@pytest.mark.parametrize("password", [PASSWORD, OTHER])
@pytest.mark.parametrize("later", [0.0, HOLD, 10 * REMEMBER])
def test_nobody_gets_the_id_of_a_user_who_is_gone(place: Place, later: float, password: str) -> None:
    """Orders, logs and events know that user by it: a stranger with the id would be shown all of them."""
    users = place.users()
    try:
        create(users)
        request = users_pb2.DeleteUserRequest(user_id="ann")
        assert users.ask("DeleteUser", request, place.mint.bearer("ann")).code == "OK"
        place.clock.advance(later)
        purged(place)
        assert create(users, password=password) == "ALREADY_EXISTS"
        assert place.log_in(password=password).code == "UNAUTHENTICATED"
    finally:
        users.close()


def test_nobody_gets_the_id_of_a_user_who_never_had_a_password(place: Place) -> None:
    place.delete("old")
    place.clock.advance(HOLD)
    assert place.put("old") == "ALREADY_EXISTS"


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
    """Whoever came first would have them."""
    place.grants["boss"] = frozenset({"admin"})
    users = place.users()
    try:
        assert create(users, "boss") == "ALREADY_EXISTS"
        assert create(users, "ann") == "OK"
        del place.grants["boss"]
        assert create(users, "boss") == "OK"
    finally:
        users.close()


def test_nobody_registers_an_id_of_which_a_rule_speaks(place: Place) -> None:
    policy = json.loads((place.policies / "security.json").read_bytes())
    policy["rules"] += [
        {"on": ["GET /api/users"], "allow": ["subject:auditor"]},
        {"on": ["GET /api/users"], "allow": ["authenticated"], "when": "identity.subject in ['chief']"},
    ]
    place.security = load_security(json.dumps(policy).encode(), place.house.contract)
    users = place.users()
    try:
        for user_id, code in {"auditor": "ALREADY_EXISTS", "chief": "ALREADY_EXISTS", "ann": "OK"}.items():
            assert create(users, user_id) == code, user_id
    finally:
        users.close()


class Stuck(PasswordHasher):
    """Ends no hash before it may, but the first: that of nobody."""

    def __init__(self) -> None:
        super().__init__(1, 8, 1)
        self.begun, self.may, self._first = threading.Event(), threading.Event(), True

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """See PasswordHasher."""
        if not self._first:
            self.begun.set()
            assert self.may.wait(30), "nobody let it go on"
        self._first = False
        return super().hash(password, salt=salt)


def test_a_flood_of_registrations_keeps_nobody_from_logging_in(place: Place) -> None:
    place.put()
    stuck = Stuck()
    url = place.house.database.engine.url.render_as_string(hide_password=False)
    line = Passwords(stuck, at_once=1, in_line=0)
    house = place.open("identity", url, {IDENTITY: lambda context: Identity(context, CHEAP, line)})
    put = pb.PutCredentialRequest(user_id="bob", password=PASSWORD)
    try:
        with ThreadPoolExecutor() as pool:
            first = pool.submit(house.ask, "PutCredential", put, place.mint.service("users"))
            try:
                assert stuck.begun.wait(10), "the first registration never came to its hash"
                put.user_id = "eve"
                refused = house.ask("PutCredential", put, place.mint.service("users"))
                logged_in = house.ask("Login", pb.LoginRequest(user_id="ann", password=PASSWORD))
            finally:
                stuck.may.set()
            assert (refused.code, logged_in.code) == ("RESOURCE_EXHAUSTED", "OK"), (refused, logged_in)
            assert first.result().code == "OK"
    finally:
        house.close()


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
    assert purged(place) == [2, 1, 1], "the address from which the right password came is still known"
    assert place.refresh(kept).code == "OK"
    place.clock.advance(REMEMBER)
    assert purged(place) == [2, 0, 0], "the id of who was deleted is kept"


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
