"""What travels to the gateway beside the answer: to calls that came as REST, and only to them."""

from typing import Any

import pytest

from protomesh import errors
from tests.support.ring import Rings

ANSWERS = ("x-http-status", "location", "etag", "link")


def scripted(contract: Any) -> Any:
    """A good answer for each method."""
    note = contract.message("ring.v1.Note")(id="n1", room_id="r1", etag="v1")
    answers = {
        "CreateNote": note,
        "CreateRoom": contract.message("ring.v1.Room")(id="r1"),
        "DeleteNote": contract.message("google.protobuf.Empty")(),
        "ListNotes": contract.message("ring.v1.ListNotesResponse")(next_page_token="abc"),
        "CopyNote": contract.message("google.longrunning.Operation")(name="j1"),
    }
    return lambda _request, call: answers.get(call.method.name, note)


NOTE = (
    "</api/rooms/r1/notes/n1>;rel=self, </api/rooms/r1/notes>;rel=collection, "
    "</api/rooms/r1/notes/n1>;rel=delete;method=DELETE, </api/rooms/r1/notes/n1:copy>;rel=copy;method=POST"
)

EXPECTED: dict[str, dict[str, list[str]]] = {
    "CreateNote": {
        "x-http-status": ["201"],
        "location": ["/api/rooms/r1/notes/n1"],
        "etag": ['"v1"'],
        "link": [NOTE],
    },
    "CreateRoom": {"x-http-status": ["201"], "location": ["/api/rooms/r1"]},
    "DeleteNote": {"x-http-status": ["204"]},
    "ListNotes": {
        "x-http-status": ["206"],
        "link": [
            "</api/x?pageSize=2&pageToken=abc>;rel=next",
            "</api/x?pageSize=2>;rel=first",
            "</api/x?pageSize=2&pageToken=old>;rel=self",
        ],
    },
    "CopyNote": {"x-http-status": ["202"]},
    "Look": {"etag": ['"v1"'], "link": [NOTE]},
    "Say": {"etag": ['"v1"'], "link": [NOTE]},
}

REQUESTS = {"CreateNote": "CreateNoteRequest", "CreateRoom": "Room", "ListNotes": "ListNotesRequest"}


def request_for(rings: Rings, method: str) -> Any:
    return rings.contract.message(f"ring.v1.{REQUESTS.get(method, 'Note')}")()


def test_success_as_rest(rings: Rings) -> None:
    house = rings(scripted(rings.contract))
    for method, expected in EXPECTED.items():
        answer = house.rest(method, request_for(rings, method), path="/api/x?pageSize=2&pageToken=old")
        assert answer.code == "OK", (method, answer.message)
        assert {name: answer.initial[name] for name in ANSWERS if name in answer.initial} == expected, method


def test_success_over_grpc_sends_none_of_it(rings: Rings) -> None:
    house = rings(scripted(rings.contract))
    for method in EXPECTED:
        answer = house.ask(method, request_for(rings, method))
        assert not set(ANSWERS) & (set(answer.initial) | set(answer.trailing)), method


def test_a_failure_sends_only_trailing_metadata(rings: Rings) -> None:
    """An engine loses the initial metadata of a call that then fails."""

    def fail(_request: Any, _call: Any) -> Any:
        raise errors.Teapot("short and stout")

    house = rings(fail)
    for put in (house.ask, house.rest):
        answer = put("CreateRoom", request_for(rings, "CreateRoom"))
        assert answer.code == "FAILED_PRECONDITION"
        assert answer.trailing["x-http-status"] == ["418"]
        assert not set(ANSWERS) & set(answer.initial)


def test_a_failure_of_the_commit_announces_no_success(rings: Rings) -> None:
    """Headers of a success leave after the commit, so a commit that fails leaves none."""

    def break_commit(_request: Any, call: Any) -> Any:
        call.tx.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        call.tx.exec_driver_sql(
            "CREATE TABLE child (p INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)"
        )
        call.tx.exec_driver_sql("INSERT INTO child VALUES (7)")
        return rings.contract.message("ring.v1.Room")(id="r1")

    answer = rings(break_commit).rest("CreateRoom", request_for(rings, "CreateRoom"))
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")
    assert not set(ANSWERS) & (set(answer.initial) | set(answer.trailing))


@pytest.mark.parametrize("path", ["/api/notes?x=1", "", "/api/" + "?" * 5_000])
def test_the_way_to_log_in(rings: Rings, path: str) -> None:
    house = rings(rules=[{"on": ["ring.v1.Ring/Say"], "allow": ["authenticated"]}])
    answer = house.rest("Say", rings.Note(), path=path)
    assert answer.code == "UNAUTHENTICATED", answer.message
    (link,) = answer.trailing["link"]
    assert link.startswith("</login")
    assert link.endswith(">;rel=login")
    if path == "/api/notes?x=1":
        assert link == "</login?return_to=%2Fapi%2Fnotes%3Fx%3D1>;rel=login"


def test_no_way_to_log_in_for_grpc_clients(rings: Rings) -> None:
    house = rings(rules=[{"on": ["ring.v1.Ring/Say"], "allow": ["authenticated"]}])
    answer = house.ask("Say", rings.Note())
    assert answer.trailing["www-authenticate"] == ["Bearer"]
    assert "link" not in answer.trailing
