"""Login, refresh and logout over gRPC, on each kind of database."""

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from sqlalchemy import select

from protomesh.envelope import from_kafka
from protomesh.errors import InvalidToken
from protomesh.identity import GRACE, LIFETIME
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity import store
from tests.integration.identity.place import AWAY, HOME, Place
from tests.integration.services.shop import PASSWORD


def test_a_password_gives_tokens_that_every_service_can_read(place: Place) -> None:
    place.put()
    pair = place.log_in().response
    named = place.read(pair.access_token)
    assert (named.subject, named.service, pair.token_type, pair.expires_in) == ("ann", "", "Bearer", 900)
    place.clock.advance(pair.expires_in + 60)
    with pytest.raises(InvalidToken):
        place.read(pair.access_token)


def test_unknown_and_wrong_are_told_alike(place: Place) -> None:
    place.put()
    wrong, unknown = place.log_in(password="wrong horse"), place.log_in("nobody")
    assert wrong.code == "UNAUTHENTICATED"
    assert (wrong.code, wrong.message) == (unknown.code, unknown.message)


def test_logins_are_told_and_failures_too_without_a_secret(place: Place) -> None:
    place.put()
    place.log_in()
    place.log_in(password="wrong horse")
    events = [from_kafka(row.key, row.value, row.headers) for row in place.house.outbox()]
    assert [(each.type, each.key) for each in events] == [
        ("shop.audit.login.v1", "ann"),
        ("shop.audit.failure.v1", "ann"),
    ]
    assert not [row for row in place.house.outbox() if b"horse" in row.value]
    assert "horse" not in str(place.house.lines())


def test_a_refresh_token_counts_once(place: Place) -> None:
    place.put()
    first = place.log_in().response.refresh_token
    second = place.refresh(first).response.refresh_token
    assert place.refresh(first).code == "ABORTED", "two tabs at once end nothing"
    third = place.refresh(second).response.refresh_token
    place.clock.advance(GRACE)
    assert place.refresh(first).code == "UNAUTHENTICATED"
    assert place.refresh(third).code == "UNAUTHENTICATED", "the family has ended"


def test_a_role_counts_from_the_next_token_on(place: Place) -> None:
    place.put()
    place.grants["bob"] = frozenset({"admin"})
    pair = place.log_in().response
    assert not place.read(pair.access_token).roles
    place.grants["ann"] = frozenset({"admin", "carrier"})
    pair = place.refresh(pair.refresh_token).response
    assert place.read(pair.access_token).roles == {"admin", "carrier"}
    del place.grants["ann"]
    assert not place.read(place.refresh(pair.refresh_token).response.access_token).roles


def test_another_login_of_the_same_user_lives_on(place: Place) -> None:
    place.put()
    one, other = (place.log_in().response.refresh_token for _ in range(2))
    place.refresh(one)
    place.clock.advance(GRACE)
    place.refresh(one)
    assert place.refresh(other).code == "OK"


def test_many_refreshes_at_once_give_one(place: Place) -> None:
    place.put()
    token = place.log_in().response.refresh_token
    with ThreadPoolExecutor(8) as pool:
        codes = [answer.code for answer in pool.map(lambda _: place.refresh(token), range(8))]
    assert sorted(codes) == ["ABORTED"] * 7 + ["OK"]


def test_a_refresh_token_ends(place: Place) -> None:
    place.put()
    token = place.log_in().response.refresh_token
    place.clock.advance(LIFETIME)
    assert place.refresh(token).code == "UNAUTHENTICATED"
    assert place.refresh("nobody's").code == "UNAUTHENTICATED"


def test_no_token_is_stored_as_it_is(place: Place) -> None:
    place.put()
    token = place.log_in().response.refresh_token
    with place.house.database.unit_of_work(read_only=True) as work:
        rows = work.tx.exec_driver_sql("SELECT * FROM refresh_tokens").all()
        stored = str([*rows, work.tx.exec_driver_sql("SELECT * FROM credentials").all()])
    assert rows
    assert token not in stored
    assert PASSWORD not in stored


def test_logout_ends_this_login_and_no_other(place: Place) -> None:
    place.put()
    one, other = (place.log_in().response for _ in range(2))
    sid = place.read(one.access_token).claims["sid"]
    own = place.mint.claiming("ann", sid=sid)
    assert place.house.ask("Logout", pb.LogoutRequest(), own).code == "OK"
    assert place.refresh(one.refresh_token).code == "UNAUTHENTICATED"
    assert place.refresh(other.refresh_token).code == "OK"
    assert place.house.ask("Logout", pb.LogoutRequest()).code == "UNAUTHENTICATED"


@pytest.mark.parametrize("end", ["delete", "logout"])
def test_a_login_that_is_ended_while_it_is_renewed_stays_ended(place: Place, end: str) -> None:
    """However the two meet, no token is left that the end did not see."""
    for number in range(6):
        user = f"ann{number}"
        place.put(user)
        pair = place.log_in(user).response
        own = place.mint.claiming(user, sid=place.read(pair.access_token).claims["sid"])
        with ThreadPoolExecutor(2) as pool:
            renewed = pool.submit(renew_while_it_lasts, place, pair.refresh_token)
            if end == "delete":
                place.delete(user)
            else:
                assert place.house.ask("Logout", pb.LogoutRequest(), own).code == "OK"
            assert renewed.result(30) == "UNAUTHENTICATED"
        with place.house.database.unit_of_work(read_only=True) as work:
            assert not work.tx.execute(select(store.refresh_tokens)).all()


def renew_while_it_lasts(place: Place, token: str) -> str:
    """The code of the first refusal; OK where there was none for a long time."""
    for _ in range(300):
        answer = place.refresh(token)
        if answer.code != "OK":
            return answer.code
        token = answer.response.refresh_token
    return "OK"


def test_guesses_are_slowed_down_and_the_owner_is_not_locked_out(place: Place) -> None:
    place.put()
    codes = [place.log_in(password=f"guess {number}", home=AWAY).code for number in range(8)]
    assert codes == ["UNAUTHENTICATED"] * 5 + ["RESOURCE_EXHAUSTED"] * 3
    refused = place.log_in(home=AWAY)
    assert refused.code == "RESOURCE_EXHAUSTED", "even the right password, from there"
    assert refused.trailing["retry-after"] == ["1"]
    assert place.log_in().code == "OK", "from elsewhere"
    place.clock.advance(1.0)
    assert place.log_in(home=AWAY).code == "OK"


def test_many_strangers_do_not_keep_the_owner_out_at_home(place: Place) -> None:
    place.put()
    assert place.log_in(home=HOME).code == "OK"
    for number in range(30):
        place.log_in(password="guess", home=("x-forwarded-for", f"203.0.113.{number}"))
    assert place.log_in(home=AWAY).code == "RESOURCE_EXHAUSTED", "nobody knows who that is"
    assert place.log_in(home=HOME).code == "OK"


def test_guesses_at_once_are_no_way_around(place: Place) -> None:
    place.put()
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda number: place.log_in(password=f"guess {number}").code, range(16)))
    assert codes.count("UNAUTHENTICATED") == 5
    assert codes.count("RESOURCE_EXHAUSTED") == 11


def test_replicas_count_together_and_sign_with_one_key(place: Place) -> None:
    place.put()
    second = place.replica()
    try:
        for number in range(5):
            request = pb.LoginRequest(user_id="ann", password=f"guess {number}")
            second.ask("Login", request, AWAY)
        assert place.log_in(home=AWAY).code == "RESOURCE_EXHAUSTED"
        assert place.jwks() == place.jwks(second)
    finally:
        second.close()


def test_keys_change_and_no_token_is_lost(place: Place) -> None:
    """What others know of the keys is up to five minutes old, and a token is read until its end."""
    place.put()
    signers = set()
    for _ in range(31 * 24):
        place.clock.advance(3_300.0)
        known = place.jwks()
        place.clock.advance(300.0)
        token = place.log_in().response.access_token if len(known["keys"]) > 1 else ""
        if token:
            signers.add(jwt.get_unverified_header(token)["kid"])
            assert place.read(token, known).subject == "ann", "signed by a key that others do not know yet"
            place.clock.advance(890.0)
            assert place.read(token).subject == "ann", "signed by a key that is published no more"
    assert len(place.jwks()["keys"]) == 1
    assert signers
