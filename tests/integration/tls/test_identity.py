"""Who calls, by certificate and token."""

from typing import Any

import pytest

from protomesh.certificates import Authority
from protomesh.rpc import Call
from protomesh.tokens import COOKIE
from tests.integration.tls.conftest import Open, credentials
from tests.support.answers import Answer, ask
from tests.support.certificates import Office
from tests.support.contracts import RING
from tests.support.house import House

REST = (("x-envoy-original-method", "POST"), ("x-envoy-original-path", "/api/x"))


def say(house: House, office: Office, name: str, *metadata: tuple[str, str]) -> Answer:
    """With the certificate of component `name`."""
    method, note = house.contract.methods[f"{RING}/Say"], house.contract.message("ring.v1.Note")
    with house.open_channel(credentials(office.issue(name))) as channel:
        return ask(house.contract, channel, method, note(), metadata=metadata)


@pytest.fixture
def seen() -> list[Call]:
    return []


@pytest.fixture
def users(open_house: Open, seen: list[Call]) -> House:
    def note(request: Any, call: Call) -> Any:
        seen.append(call)
        return request

    return open_house("users", note)


@pytest.mark.parametrize(
    ("certificate", "token", "service"),
    [
        ("orders", "", "orders"),
        ("orders", "orders", "orders"),
        ("gateway", "", ""),
        ("gateway", "orders", "orders"),
        ("functions", "", ""),
        ("functions", "welcome_email", "welcome_email"),
        ("protomesh", "", ""),
    ],
)
def test_a_service_is_known_by_its_certificate(
    users: House, office: Office, seen: list[Call], *, certificate: str, token: str, service: str
) -> None:
    metadata = [users.mint.bearer("u1"), *([users.mint.service(token)] if token else [])]
    assert say(users, office, certificate, *metadata).code == "OK"
    assert (seen[0].service, seen[0].identity.subject) == (service, "u1")


@pytest.mark.parametrize(
    ("certificate", "token"), [("orders", "catalog"), ("orders", "welcome_email"), ("functions", "catalog")]
)
def test_a_token_that_contradicts_the_certificate_is_refused(
    users: House, office: Office, seen: list[Call], certificate: str, token: str
) -> None:
    said = say(users, office, certificate, users.mint.service(token))
    assert (said.code, seen) == ("UNAUTHENTICATED", [])
    assert said.trailing["www-authenticate"] == ['Bearer error="invalid_token"']


@pytest.mark.parametrize("name", ["strange", "localhost"])
def test_a_certificate_of_no_component_is_refused(
    users: House, office: Office, seen: list[Call], name: str
) -> None:
    said = say(users, office, name, users.mint.bearer("u1"))
    assert (said.code, seen) == ("UNAUTHENTICATED", [])
    assert "names no component of this mesh" in said.message


def test_a_certificate_of_another_mesh_is_refused(users: House, office: Office, seen: list[Call]) -> None:
    """Though the same authority signed it, and its DNS name fits."""
    office.authority = Authority("other", office.authority.certificate, office.authority.key)
    assert (say(users, office, "orders").code, seen) == ("UNAUTHENTICATED", [])


def test_the_policy_decides_on_it(open_house: Open, office: Office) -> None:
    rules = [{"on": [f"{RING}/*"], "allow": ["service:orders"]}]
    users = open_house("users", rules=rules)
    assert say(users, office, "orders").code == "OK"
    assert say(users, office, "catalog").code == "PERMISSION_DENIED"
    assert say(users, office, "gateway").code == "UNAUTHENTICATED"


def test_only_the_gateway_says_that_a_call_came_as_rest(
    users: House, office: Office, seen: list[Call]
) -> None:
    for name in ("gateway", "orders", "protomesh"):
        assert say(users, office, name, *REST).code == "OK"
    assert [call.rest for call in seen] == [True, False, False]


def test_a_browsers_cookie_comes_through_the_gateway_only(
    users: House, office: Office, seen: list[Call]
) -> None:
    cookie = ("cookie", f"{COOKIE}={users.mint.token('u1')}")
    rest = (("x-envoy-original-method", "GET"), ("x-envoy-original-path", "/api/x"), cookie)
    for name in ("gateway", "orders", "functions", "protomesh"):
        assert say(users, office, name, *rest).code == "OK"
    assert [call.identity.subject for call in seen] == ["u1", "", "", ""]
