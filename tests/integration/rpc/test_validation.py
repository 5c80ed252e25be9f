"""The rules of the .proto, on the wire."""

from typing import Any

import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.support.answers import Answer
from tests.support.ring import Rings


def violations(answer: Answer) -> dict[str, tuple[str, str]]:
    """Field to rule and description, out of the BadRequest beside the status."""
    (raw,) = answer.trailing["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(raw)
    assert (status.code, status.message) == (3, answer.message)
    request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(request)
    return {each.field: (each.reason, each.description) for each in request.field_violations}


def bad_note(rings: Rings) -> Message:
    line = rings.contract.message("ring.v1.Line")
    note: Message = rings.Note(
        text="x" * 21,
        times=-1,
        lines=[line(quantity=1, text="fine"), line(quantity=0)],
        tags={"good": "x", 'a"b': ""},
    )
    return note


EXPECTED = {
    "text": "string.max_len",
    "times": "int32.gte_lte",
    "lines[1].quantity": "int32.gt",
    "lines[1].text": "string.min_len",
    'tags["a"b"]': "string.min_len",
}


@pytest.mark.parametrize("kind", ["Say", "Count"])
def test_every_field_is_named_in_one_answer(rings: Rings, kind: str) -> None:
    reached: list[Any] = []
    house = rings(lambda request, _call: reached.append(request))
    answer = house.ask(kind, bad_note(rings))
    assert answer.code == "INVALID_ARGUMENT"
    found = violations(answer)
    assert {field: rule for field, (rule, _) in found.items()} == EXPECTED
    assert all(description for _, description in found.values())
    assert not reached, "the handler saw a request that breaks the rules"


@pytest.mark.parametrize("kind", ["Gather", "Chat"])
def test_each_message_of_a_stream_is_checked(rings: Rings, kind: str) -> None:
    seen: list[str] = []

    def keep(requests: Any) -> Any:
        for each in requests:
            seen.append(each.text)
            yield each

    house = rings(
        lambda requests, call: list(keep(requests)).pop() if call.method.name == "Gather" else keep(requests)
    )
    answer = house.ask(kind, [rings.Note(text="good"), bad_note(rings), rings.Note(text="never")])
    assert answer.code == "INVALID_ARGUMENT"
    assert "lines[1].quantity" in violations(answer)
    assert seen == ["good"]


def test_more_violations_than_metadata_can_hold(rings: Rings) -> None:
    """Beyond 8 KiB a client would see RESOURCE_EXHAUSTED instead of what is wrong."""
    line = rings.contract.message("ring.v1.Line")
    answer = rings().ask("Say", rings.Note(lines=[line() for _ in range(500)]))
    assert answer.code == "INVALID_ARGUMENT", answer
    found = violations(answer)
    assert "lines[0].quantity" in found
    assert len(found) > 10


def test_a_request_within_the_rules_passes(rings: Rings) -> None:
    assert rings().ask("Say", rings.Note(text="x" * 20, times=100)).code == "OK"


def test_auth_comes_before_validation(rings: Rings) -> None:
    """A stranger learns nothing of the rules."""
    house = rings(rules=[{"on": ["ring.v1.Ring/Say"], "allow": ["authenticated"]}])
    assert house.ask("Say", bad_note(rings)).code == "UNAUTHENTICATED"
    assert house.ask("Say", b"\xff\xff").code == "UNAUTHENTICATED"
    assert house.ask("Say", bad_note(rings), house.mint.bearer("u1")).code == "INVALID_ARGUMENT"
