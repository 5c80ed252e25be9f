"""What the document says is what the gateway does: no 5xx, and no answer that the document does not know."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fuzz import LONG, document, fuzz
from tests.support.mesh import Mesh, running


@pytest.fixture(scope="module")
def own_mesh() -> Iterator[Mesh]:
    """Of this module alone: what is made up here stays in it."""
    with running() as found:
        yield found


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.parametrize("who", ["visitor", "admin"])
def test_made_up_requests_get_answers_that_are_told(who: str, own_mesh: Mesh, tmp_path: Path) -> None:
    token = own_mesh.token("--subject", "root", "--role", "admin") if who == "admin" else ""
    found = fuzz(document(), own_mesh.address("gateway"), tmp_path, token=token)
    assert found.passed, found.said
    wanted = {200, 201, 204, 404, 412} if who == "admin" else {200, 401}
    assert found.statuses.keys() >= wanted | {400, 405}, "requests did not come far enough"


def test_an_answer_that_is_not_told_is_noticed(own_mesh: Mesh, tmp_path: Path) -> None:
    told = document()
    del told["paths"]["/api/products"]["get"]["responses"]["200"]
    token = own_mesh.token("--subject", "root", "--role", "admin")
    found = fuzz(
        told,
        own_mesh.address("gateway"),
        tmp_path,
        "--include-operation-id",
        "Catalog_ListProducts",
        token=token,
    )
    assert not found.passed
    assert "Undocumented status code" in found.said, found.said
