"""How long the headers of a request may be: one limit, below which no call is refused by chance."""

import pytest

from protomesh.rpc import Limits
from tests.support.ring import Rings

KB = 1024
FEW = 20
"""Calls; by chance, some of so many were refused."""


@pytest.mark.parametrize("size", [9 * KB, 15 * KB, 30 * KB, 60 * KB])
def test_long_headers_reach_the_service(rings: Rings, size: int) -> None:
    house = rings()
    for _ in range(FEW):
        assert house.ask("Say", rings.Note(), ("x-note", "x" * size)).code == "OK", size


@pytest.mark.parametrize("rings", ["grpcio"], indirect=True)
def test_longer_ones_are_refused_always(rings: Rings) -> None:
    """The native engine has a limit of its own."""
    house = rings(limits=Limits(header_bytes=20 * KB))
    assert house.ask("Say", rings.Note(), ("x-note", "x" * 19 * KB)).code == "OK"
    for _ in range(FEW):
        assert house.ask("Say", rings.Note(), ("x-note", "x" * 21 * KB)).code == "RESOURCE_EXHAUSTED"
