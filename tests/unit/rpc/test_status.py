"""The error tree as statuses, and back."""

import grpc

from protomesh.errors import MeshError
from protomesh.rpc.status import CODES, ERRORS


def test_every_code_of_the_tree_is_a_status() -> None:
    for kind in ERRORS.values():
        assert isinstance(CODES[kind.code], grpc.StatusCode)


def test_each_branch_comes_back_as_itself() -> None:
    branches = [kind for kind in MeshError.__subclasses__() if kind.__module__ == "protomesh.errors"]
    assert len(branches) == len(ERRORS)
    for kind in branches:
        assert ERRORS[kind.code] is kind
