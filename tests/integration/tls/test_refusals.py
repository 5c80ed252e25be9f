"""Who does not get in, and whom a client does not believe."""

import logging
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError, Unavailable
from protomesh.rpc import Call, MeshClients, Server, serving
from tests.integration.tls.conftest import Open, credentials, tls_of
from tests.support.answers import ask
from tests.support.certificates import Office
from tests.support.contracts import RING, stub_class
from tests.support.house import House

DAY = 86_400.0

Show = Callable[[Office], grpc.ChannelCredentials | None]


def other_authority(office: Office) -> grpc.ChannelCredentials:
    """It trusts the server; the server does not trust it."""
    return credentials(office.issue("orders", by=Office(office.folder.parent / "other")))


STRANGERS: dict[str, tuple[Show, str]] = {
    "plaintext": (lambda _: None, "WRONG_VERSION_NUMBER"),
    "no certificate": (
        lambda office: grpc.ssl_channel_credentials((office.folder / "ca.pem").read_bytes()),
        "PEER_DID_NOT_RETURN_A_CERTIFICATE",
    ),
    "wrong CA": (other_authority, "CERTIFICATE_VERIFY_FAILED"),
    "expired": (
        lambda office: credentials(office.issue("orders", ago=3 * DAY, days=2)),
        "CERTIFICATE_VERIFY_FAILED",
    ),
}
"""And the word for it in the server's log, to which gRPC writes by itself."""


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_reaches_no_handler(
    office: Office, open_house: Open, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    show, word = STRANGERS[kind]
    reached: list[Any] = []

    def reach(request: Any, _call: Call) -> Any:
        reached.append(request)
        return request

    house = open_house("users", reach)
    method, note = house.contract.methods[f"{RING}/Say"], house.contract.message("ring.v1.Note")
    with house.open_channel(show(office)) as channel:
        said = ask(house.contract, channel, method, note(), timeout=10)
    assert (said.code, reached) == ("UNAVAILABLE", [])
    assert word in capfd.readouterr().err
    with house.open_channel(credentials(office.issue("orders"))) as channel:
        assert ask(house.contract, channel, method, note()).code == "OK", "but a member does"


def call(house: House, office: Office, target: str) -> Any:
    """As the service `orders`, which takes the other for `users`."""
    tls = tls_of(office, office.renewing("orders").current)
    clients = MeshClients(house.contract, {RING: target}, lambda: "", tls=tls.client, default_timeout=10)
    try:
        return clients.stub(stub_class(house.contract, RING)).Say(house.contract.message("ring.v1.Note")())
    finally:
        clients.close()


def test_a_client_speaks_only_to_the_service_it_means(
    office: Office, open_house: Open, caplog: pytest.LogCaptureFixture
) -> None:
    users, catalog = open_house("users"), open_house("catalog")
    call(users, office, f"ipv4:{users.address}")
    call(users, office, f"ipv4:{users.address},{users.address}")
    with caplog.at_level(logging.INFO), pytest.raises(Unavailable) as caught:
        call(catalog, office, f"ipv4:{catalog.address}")
    assert "Hostname Verification Check failed" in caplog.text, "the log says why"
    assert "Verification" not in caught.value.message, "and the caller does not learn it"


def test_a_server_of_another_authority_is_not_believed(
    office: Office, open_house: Open, caplog: pytest.LogCaptureFixture
) -> None:
    other = Office(office.folder.parent / "other")
    users = open_house("users", own=other.renewing("users"))
    with pytest.raises(Unavailable):
        call(users, office, f"ipv4:{users.address}")
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_an_expired_server_is_not_believed(
    office: Office, open_house: Open, caplog: pytest.LogCaptureFixture
) -> None:
    past = time.time() - 2.5 * DAY
    own = office.renewing("users", office.issue("users", ago=3 * DAY, days=2), now=past)
    users = open_house("users", own=own)
    with pytest.raises(Unavailable):
        call(users, office, f"ipv4:{users.address}")
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_health_is_asked_over_tls_too(office: Office, open_house: Open) -> None:
    users, own = open_house("users"), office.renewing("protomesh").current
    assert serving(users.address, 10, tls=own, server="users")
    assert not serving(users.address, 2, tls=own, server="catalog")
    assert not serving(users.address, 2)


def test_the_native_engine_refuses_tls_at_the_start(office: Office, ring_contract: Contract) -> None:
    def never(*_: Any) -> Call:
        raise AssertionError

    with pytest.raises(ConfigError, match=r"mesh.toml: engine 'native' cannot serve TLS .set engine"):
        Server(ring_contract, {}, (), never, engine="native", tls=office.renewing("users").current)
