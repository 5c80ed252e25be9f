"""Bodies that are not JSON, and ones that are large."""

from tests.integration.gateway.clients import Rest
from tests.integration.gateway.conftest import BODY_BYTES
from tests.integration.gateway.problems import assert_problem

PNG = bytes(range(256)) * 100


def test_raw_bytes_of_any_type_go_up_and_down(rest: Rest) -> None:
    put = rest("PUT", "/api/files/f1", raw=PNG, content_type="image/png")
    got = rest("GET", "/api/files/f1")
    for answer in (put, got):
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/png", PNG)
    assert got.headers["content-disposition"] == "attachment"
    head = rest("HEAD", "/api/files/f1")
    assert (head.headers["content-length"], head.body) == (str(len(PNG)), b"")


def test_raw_bytes_are_limited_too(rest: Rest) -> None:
    assert rest("PUT", "/api/files/f1", raw=b"x" * BODY_BYTES, content_type="image/png").status == 200
    answer = rest("PUT", "/api/files/f1", raw=b"x" * (BODY_BYTES + 1), content_type="image/png")
    assert_problem(answer, 413, "INVALID_ARGUMENT")


def test_an_answer_may_be_larger_than_any_buffer(rest: Rest) -> None:
    assert len(rest("GET", "/api/users/big").json["displayName"]) == 3_000_000
