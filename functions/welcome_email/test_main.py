"""The greeting, run as in production but in memory."""

import email
from email import policy
from pathlib import Path

import pytest

from functions.welcome_email.main import welcome_email
from protomesh.contract import Contract
from protomesh.errors import NotFound, Unavailable
from protomesh.testing import FunctionHarness, LoopbackClients
from shop_pb.shop.users.v1.users_pb2 import GetUserRequest, User

EVENT = Path(__file__).with_name("event.json")


class Users:
    """The service, as far as the function calls it; it is away for the first `away` calls."""

    def __init__(self, *users: User, away: int = 0) -> None:
        self._users = {user.id: user for user in users}
        self._away = away

    def GetUser(self, request: GetUserRequest) -> User:
        """As in the contract."""
        if self._away:
            self._away -= 1
            raise Unavailable("users is away")
        if request.user_id not in self._users:
            raise NotFound(f"no user {request.user_id}")
        return self._users[request.user_id]


def harness(tmp_path: Path, users: Users) -> FunctionHarness:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    clients = LoopbackClients(contract, {"shop.users.v1.Users": users})
    return FunctionHarness([welcome_email], contract, clients, tmp_path)


def spooled(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "welcome_email").glob("spool/*"))


ADA = User(id="u1", display_name="Ada Löwe", email="ada@example.com")


def test_a_new_user_gets_one_mail(tmp_path: Path) -> None:
    mesh = harness(tmp_path, Users(ADA))
    event = mesh.emit_file("users", EVENT)
    mesh.emit_event("users", event)
    mesh.run_until_idle()
    (file,) = spooled(tmp_path)
    assert file.name == f"{event.id}.eml"
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "ada@example.com"
    assert mail["Message-ID"] == f"<{event.id}@shop.example>"
    assert mail["Date"].datetime == event.time
    body = mail.get_body()
    assert body is not None
    assert "Hello Ada Löwe," in body.get_content()
    assert not mail.defects


def test_it_waits_for_the_users_service(tmp_path: Path) -> None:
    mesh = harness(tmp_path, Users(ADA, away=3))
    mesh.emit_file("users", EVENT)
    mesh.run_until_idle()
    assert len(spooled(tmp_path)) == 1
    assert not mesh.dead_letters


def test_the_service_staying_away_makes_a_dead_letter(tmp_path: Path) -> None:
    mesh = harness(tmp_path, Users(ADA, away=100))
    mesh.emit_file("users", EVENT)
    mesh.run_until_idle()
    (letter,) = mesh.dead_letters
    assert letter.why["attempts"] == "6"
    assert "users is away" in letter.why["reason"]


@pytest.mark.parametrize("users", [Users(), Users(User(id="u1", display_name="Ada"))])
def test_nobody_to_greet_is_no_failure(tmp_path: Path, users: Users) -> None:
    mesh = harness(tmp_path, users)
    mesh.emit_file("users", EVENT)
    mesh.run_until_idle()
    assert not spooled(tmp_path)
    assert not mesh.dead_letters


def test_other_events_are_none_of_its_business(tmp_path: Path) -> None:
    mesh = harness(tmp_path, Users(ADA))
    mesh.emit("users", ADA, type="shop.users.user.deleted.v1", key="u1")
    mesh.run_until_idle()
    assert not spooled(tmp_path)
    assert mesh.committed("welcome_email") == 1


def test_an_address_cannot_smuggle_headers(tmp_path: Path) -> None:
    mesh = harness(tmp_path, Users(User(id="u1", email="a@example.com\nBcc: all@example.com")))
    mesh.emit_file("users", EVENT)
    mesh.run_until_idle()
    assert not spooled(tmp_path)
    assert len(mesh.dead_letters) == 1
