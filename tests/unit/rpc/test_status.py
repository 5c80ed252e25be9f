"""The error tree as statuses, and back."""

from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import status_pb2
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import Internal, MeshError, ResourceExhausted, Unavailable, Violation
from protomesh.rpc.status import CODES, ERRORS, abort, from_rpc_error


def test_every_code_of_the_tree_is_a_status() -> None:
    for kind in ERRORS.values():
        assert isinstance(CODES[kind.code], grpc.StatusCode)


def test_each_branch_comes_back_as_itself() -> None:
    branches = [kind for kind in MeshError.__subclasses__() if kind.__module__ == "protomesh.errors"]
    assert len(branches) == len(ERRORS)
    for kind in branches:
        assert ERRORS[kind.code] is kind


class Failed(grpc.RpcError):
    """What a client raises: a status with a text."""

    def __init__(self, code: grpc.StatusCode, details: bytes = b"") -> None:
        super().__init__()
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "last error: ipv4:127.0.0.1:9000"

    def trailing_metadata(self) -> Any:
        return (("grpc-status-details-bin", self._details),) if self._details else ()


MEANT = {
    "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "UNIMPLEMENTED", "UNAUTHENTICATED",
}  # fmt: skip
"""Codes that a service of ours sends with a text for its callers."""


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_only_texts_that_a_service_meant_are_passed_on(
    code: grpc.StatusCode, caplog: pytest.LogCaptureFixture
) -> None:
    error = from_rpc_error(Failed(code), "shop.users.v1.Users")
    if code.name in MEANT:
        assert (error.code, error.message) == (code.value[0], "last error: ipv4:127.0.0.1:9000")
        return
    away = code.name in {"UNAVAILABLE", "CANCELLED"}
    assert isinstance(error, Unavailable if away else Internal)
    assert error.message == f"shop.users.v1.Users {'is away; try again' if away else 'failed'}"
    assert f"shop.users.v1.Users: {code.name}: last error: ipv4:127.0.0.1:9000" in caplog.text


class Sent:
    """Keeps what an abort sends."""

    def __init__(self) -> None:
        self.trailing: dict[str, str | bytes] = {}

    def set_trailing_metadata(self, metadata: tuple[tuple[str, str | bytes], ...]) -> None:
        self.trailing = dict(metadata)

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RuntimeError(f"{code.name} {details}")


def sent(error: MeshError) -> dict[str, str | bytes]:
    context: Any = Sent()
    with pytest.raises(RuntimeError, match=error.message):
        abort(context, error)
    trailing: dict[str, str | bytes] = context.trailing
    return trailing


def test_when_to_come_again_passes_through_a_chain_of_services() -> None:
    wrong = (Violation("a", "r", "m"),)
    trailing = sent(ResourceExhausted("slow down", violations=wrong, retry_after=1.2))
    assert trailing["retry-after"] == "2"
    details = trailing["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    error = from_rpc_error(Failed(grpc.StatusCode.RESOURCE_EXHAUSTED, details), "x.Y")
    assert (error.retry_after, error.violations) == (2.0, wrong)
    assert not sent(ResourceExhausted("slow down"))


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_details_that_cannot_be_read_are_passed_over(raw: bytes, value: bytes) -> None:
    retry = any_pb2.Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=value)
    for details in (raw, status_pb2.Status(code=8, details=[retry]).SerializeToString()):
        error = from_rpc_error(Failed(grpc.StatusCode.RESOURCE_EXHAUSTED, details), "x.Y")
        assert isinstance(error, ResourceExhausted)
        assert error.retry_after >= 0
