"""`Call.respond`: pages choose their answer, everything else may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api import httpbody_pb2
from google.protobuf import empty_pb2

from protomesh.contract import Contract
from protomesh.rpc import Call
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from tests.integration.services.shop import IDENTITY
from tests.support.house import House


class Pages:
    """Answers as the form's text says, STATUS name=value."""

    def SubmitLogin(self, request: pb.SubmitLoginRequest, call: Call) -> httpbody_pb2.HttpBody:
        status, *headers = request.form.data.decode().split(" ")
        call.respond(500)
        pairs = (each.partition("=") for each in headers)
        call.respond(int(status), tuple((name, value) for name, _, value in pairs))
        return httpbody_pb2.HttpBody(data=b"page")

    def Login(self, request: pb.LoginRequest, call: Call) -> pb.TokenPair:
        if request.user_id == "baker":
            call.set_cookie("a=b")
        else:
            call.respond(200)
        return pb.TokenPair()

    def PurgeCredentials(self, _request: pb.PurgeCredentialsRequest, _call: Call) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Logout(self, _request: pb.LogoutRequest, call: Call) -> empty_pb2.Empty:
        call.set_cookie("a=; Max-Age=0")
        call.set_cookie("b=; Max-Age=0")
        return empty_pb2.Empty()

    def __getattr__(self, name: str) -> object:
        if not name[0].isupper():
            raise AttributeError(name)
        return self.SubmitLogin


@pytest.fixture(params=["grpcio", "native"])
def house(request: pytest.FixtureRequest, tmp_path: Path, shop_contract: Contract) -> Iterator[House]:
    made = House(tmp_path, shop_contract, lambda _context: {IDENTITY: Pages()}, engine=request.param)
    yield made
    made.close()


def form(text: str) -> pb.SubmitLoginRequest:
    return pb.SubmitLoginRequest(form=httpbody_pb2.HttpBody(data=text.encode()))


@pytest.mark.parametrize("status", ["200", "303", "401", "503"])
def test_a_page_chooses_status_and_headers(house: House, status: str) -> None:
    answer = house.rest("SubmitLogin", form(f"{status} set-cookie=a set-cookie=b"))
    assert answer.response.data == b"page"
    assert answer.initial["x-http-status"] == [status], "the last word counts"
    assert answer.initial["set-cookie"] == ["a", "b"]


def test_clients_of_grpc_are_not_told(house: House) -> None:
    assert "x-http-status" not in house.ask("SubmitLogin", form("303 location=/")).initial


@pytest.mark.parametrize("text", ["199", "600", "200 Location=/", "200 x=\r\nb", "200 x=\u00e4"])
def test_what_cannot_be_sent_is_an_error_of_the_program(house: House, text: str) -> None:
    answer = house.rest("SubmitLogin", form(text))
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")


def test_other_methods_leave_the_answer_to_the_contract(house: House) -> None:
    answer = house.rest("Login", pb.LoginRequest(user_id="ann", password="x"))
    assert answer.code == "INTERNAL"
    assert "returns no google.api.HttpBody" in str(house.lines())


def test_cookies_go_with_an_answer_without_a_body(house: House) -> None:
    answer = house.rest("Logout", pb.LogoutRequest())
    assert answer.initial["x-http-status"] == ["204"]
    assert answer.initial["set-cookie"] == ["a=; Max-Age=0", "b=; Max-Age=0"]
    assert "set-cookie" not in house.ask("Logout", pb.LogoutRequest()).initial
    assert "set-cookie" not in house.rest("PurgeCredentials", pb.PurgeCredentialsRequest()).initial


def test_cookies_go_with_nothing_else(house: House) -> None:
    assert house.rest("Login", pb.LoginRequest(user_id="baker", password="x")).code == "INTERNAL"
    assert "may set cookies" in str(house.lines())
