"""What goes wrong in a handler, and what of it is seen on the wire."""

from asyncio import CancelledError
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest

from protomesh import errors
from protomesh.errors import MeshError
from protomesh.rpc import Call
from tests.support.answers import ask
from tests.support.ring import Rings

KINDS = ["Say", "Count", "Gather", "Chat"]
SECRET = "the password is tulip"

TREE = {
    errors.InvalidArgument: "INVALID_ARGUMENT",
    errors.DeadlineExceeded: "DEADLINE_EXCEEDED",
    errors.NotFound: "NOT_FOUND",
    errors.AlreadyExists: "ALREADY_EXISTS",
    errors.PermissionDenied: "PERMISSION_DENIED",
    errors.ResourceExhausted: "RESOURCE_EXHAUSTED",
    errors.FailedPrecondition: "FAILED_PRECONDITION",
    errors.Aborted: "ABORTED",
    errors.Unimplemented: "UNIMPLEMENTED",
    errors.Unavailable: "UNAVAILABLE",
    errors.Unauthenticated: "UNAUTHENTICATED",
    errors.InvalidToken: "UNAUTHENTICATED",
    errors.EtagMismatch: "ABORTED",
    errors.Gone: "NOT_FOUND",
    errors.Teapot: "FAILED_PRECONDITION",
}


class Rude(BaseException):
    """What no `except Exception` catches."""


def everything_below(kind: type[MeshError]) -> set[type[MeshError]]:
    return {kind}.union(*(everything_below(each) for each in kind.__subclasses__()))


def raiser(error: BaseException) -> Any:
    """Raises in whatever way the method's kind has: at once, or after a first response."""

    def do(_request: Any, call: Call) -> Any:
        if call.method.streams_response:
            return stream()
        raise error

    def stream() -> Iterator[Any]:
        yield from ()
        raise error

    return do


def put(rings: Rings, kind: str) -> Any:
    return [rings.Note()] if kind in {"Gather", "Chat"} else rings.Note()


def test_the_table_names_the_whole_tree() -> None:
    ours = {kind for kind in everything_below(MeshError) if kind.__module__ == "protomesh.errors"}
    assert ours - {MeshError} - everything_below(errors.Internal) == set(TREE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_arrives_with_its_code_and_message(rings: Rings, kind: str) -> None:
    house = rings()
    for error, code in TREE.items():
        house_of(house).do = raiser(error("no such thing: größe"))
        answer = house.ask(kind, put(rings, kind))
        assert (answer.code, answer.message) == (code, "no such thing: größe"), error.__name__


@pytest.mark.parametrize("kind", KINDS)
def test_of_an_unknown_error_the_wire_sees_nothing_and_the_log_all(rings: Rings, kind: str) -> None:
    house = rings()
    unknown: tuple[BaseException, ...] = (
        *(ValueError(SECRET), errors.Internal(SECRET), KeyError(SECRET), grpc.RpcError(SECRET)),
        errors.CallInsideTransaction(SECRET),
        *(SystemExit(SECRET), KeyboardInterrupt(SECRET), CancelledError(SECRET), Rude(SECRET)),
    )
    for error in unknown:
        house_of(house).do = raiser(error)
        answer = house.ask(kind, put(rings, kind), ("x-request-id", "r-1"))
        assert (answer.code, answer.message) == ("INTERNAL", "internal error")
        assert "tulip" not in str((answer.trailing, answer.initial))
    lines = [line for line in house.lines() if line["message"] == "call failed"]
    assert len(lines) == len(unknown)
    for line in lines:
        assert SECRET in line["error"]
        assert "Traceback" in line["error"]
        assert (line["level"], line["method"], line["request_id"]) == ("error", f"ring.v1.Ring/{kind}", "r-1")


@pytest.mark.parametrize("kind", KINDS)
def test_telemetry_tells_the_code_that_the_wire_told(rings: Rings, kind: str) -> None:
    for error, number in ((errors.NotFound("no"), 5), (ValueError("no"), 13), (SystemExit(3), 13)):
        house = rings(raiser(error))
        house.ask(kind, put(rings, kind))
        assert [line["code"] for line in house.lines() if line["message"] == "call"] == [number]
        labels = {"method": f"ring.v1.Ring/{kind}", "code": str(number)}
        assert house.registry.get_sample_value("mesh_rpc_seconds_count", labels) == 1


def test_a_stream_that_fails_later_keeps_what_came_before(rings: Rings) -> None:
    def two_then(request: Any, _call: Call) -> Iterator[Any]:
        yield request
        yield request
        raise errors.NotFound("gone meanwhile")

    answer = rings(two_then).ask("Count", rings.Note())
    assert (answer.code, answer.message, len(answer.responses)) == ("NOT_FOUND", "gone meanwhile", 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_response_of_the_wrong_type_is_our_own_fault(rings: Rings, kind: str) -> None:
    """Its bytes would be read as another message: no garbage leaves."""
    wrong = rings.contract.message("ring.v1.Room")(id="r1")
    house = rings(lambda _request, call: iter([wrong]) if call.method.streams_response else wrong)
    answer = house.ask(kind, put(rings, kind))
    assert (answer.code, answer.responses) == ("INTERNAL", [])
    assert any("returned a Room" in line.get("error", "") for line in house.lines())


@pytest.mark.parametrize("wrong", [None, "text", 7, object()])
def test_a_response_that_is_no_message(rings: Rings, wrong: Any) -> None:
    answer = rings(lambda _request, _call: wrong).ask("Say", rings.Note())
    assert (answer.code, answer.message) == ("INTERNAL", "internal error")


@pytest.mark.parametrize("kind", KINDS)
def test_undecodable_bytes_are_a_bad_request(rings: Rings, kind: str) -> None:
    house = rings(lambda request, call: next(request) if call.method.name == "Gather" else request)
    data = b"\xff\xff\xff\xff"
    answer = house.ask(kind, [data] if kind in {"Gather", "Chat"} else data)
    assert answer.code == "INVALID_ARGUMENT", answer
    assert "cannot be decoded" in answer.message


def test_a_method_that_nobody_knows(rings: Rings) -> None:
    house = rings()
    unknown = replace(rings.contract.methods["ring.v1.Ring/Say"], name="Sing")
    assert ask(rings.contract, house.channel, unknown, rings.Note()).code == "UNIMPLEMENTED"


def test_a_long_message_arrives_cut(rings: Rings) -> None:
    """Beyond 8 KiB of metadata a client would see another error, and nothing of ours."""
    for text in ("x" * 100_000, "ß" * 100_000):
        answer = rings(raiser(errors.NotFound(text))).ask("Say", rings.Note())
        assert answer.code == "NOT_FOUND", answer
        assert answer.message[:100] == text[:100]
        assert len(answer.message) < 1000


def test_line_breaks_and_percent_signs_pass(rings: Rings) -> None:
    text = "50% of\r\nx-http-status: 200\tübrig"
    assert rings(raiser(errors.NotFound(text))).ask("Say", rings.Note()).message == text


def house_of(house: Any) -> Any:
    """The service inside."""
    return house.services["ring.v1.Ring"]
