"""Two tokens in one call: nobody knows which one counts, so none does."""

from typing import Any

import pytest

from tests.support.ring import Rings

HEADERS = ("authorization", "x-service-authorization")


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_comes_twice_is_401(rings: Rings, header: str) -> None:
    reached: list[Any] = []
    house = rings(lambda request, _call: reached.append(request))
    user, service = house.mint.bearer("u1"), house.mint.service("orders")
    good = user if header == "authorization" else service
    other = (header, "Bearer x.y.z")
    for pair in ((good, good), (good, other), (other, good), (good, (header, ""))):
        answer = house.ask("Say", rings.Note(), *pair)
        assert answer.code == "UNAUTHENTICATED", (pair, answer)
        assert f"{header} came twice" in answer.message
        assert answer.trailing["www-authenticate"] == ['Bearer error="invalid_token"']
    assert not reached


def test_other_headers_may_come_twice(rings: Rings) -> None:
    house = rings(lambda request, _call: request)
    answer = house.ask("Say", rings.Note(), house.mint.bearer("u1"), ("x-a", "1"), ("x-a", "2"))
    assert answer.code == "OK", answer
