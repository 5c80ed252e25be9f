"""What every REST error must look like."""

from typing import Any

from tests.integration.gateway.clients import ORIGIN, Answer

MEMBERS = {"type", "title", "status", "detail", "code", "requestId", "violations"}


def assert_problem(answer: Answer, status: int, code: str, *, body: bool = True) -> Any:
    """One shape, the id of the request, and readable by the page that asked."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert answer.headers["access-control-allow-origin"] == ORIGIN, answer
    assert "Origin" in answer.headers["vary"], answer
    assert "grpc-status" not in answer.headers, answer
    assert "x-http-status" not in answer.headers, answer
    if not body:
        assert answer.body == b"", answer
        return None
    assert set(answer.json) == MEMBERS, answer
    assert answer.json["status"] == status, answer
    assert answer.json["code"] == code, answer
    assert answer.json["requestId"] == answer.headers["x-request-id"], answer
    return answer.json
