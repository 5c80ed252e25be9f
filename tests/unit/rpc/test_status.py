"""The error tree as statuses, and back."""

from typing import Any

import grpc
import pytest

from protomesh.errors import Internal, MeshError, Unavailable
from protomesh.rpc.status import CODES, ERRORS, from_rpc_error


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

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__()
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "last error: ipv4:127.0.0.1:9000"

    def trailing_metadata(self) -> Any:
        return ()


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
