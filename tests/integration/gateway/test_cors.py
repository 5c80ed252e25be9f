"""Pages of other origins (Fetch standard, section 3.2)."""

import pytest

from tests.integration.gateway.clients import ORIGIN, Rest

EXPOSED = (
    "location link etag retry-after x-request-id www-authenticate allow "
    "grpc-status grpc-message grpc-status-details-bin"
)


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/api/users/u1", 200),
        ("GET", "/api/users/fail-16", 401),
        ("GET", "/api/nope", 404),
        ("PUT", "/api/users/u1", 405),
        ("POST", "/api/users", 415),
        ("DELETE", "/api/users/u1", 204),
        ("OPTIONS", "/api/users/u1", 204),
    ],
)
def test_every_answer_can_be_read(rest: Rest, verb: str, path: str, status: int) -> None:
    answer = rest(verb, path, raw=b"x" if verb == "POST" else None)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-expose-headers"].replace(",", "") == EXPOSED
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://a-1.preview.example", ORIGIN])
def test_allowed_origins(rest: Rest, origin: str) -> None:
    assert rest("GET", "/api/users/u1", Origin=origin).headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        f"{ORIGIN}.evil.example",
        "https://preview.example",
        "https://x.y.preview.example",
        "null",
    ],
)
def test_foreign_origins(rest: Rest, origin: str) -> None:
    for path in ("/api/users/u1", "/api/nope"):
        answer = rest("GET", path, Origin=origin)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/api/users/u1", "/api/users/u1/orders/o1:cancel", "/api/nope"])
def test_a_preflight_is_answered_for_a_while(rest: Rest, path: str) -> None:
    answer = rest(
        "OPTIONS", path, Access_Control_Request_Method="PATCH", Access_Control_Request_Headers="if-match"
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "if-match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["vary"] == "Origin"


def test_a_foreign_preflight_is_not_answered(rest: Rest) -> None:
    answer = rest(
        "OPTIONS", "/api/users/u1", Origin="https://evil.example", Access_Control_Request_Method="GET"
    )
    assert not [name for name in answer.headers if name.startswith("access-control-allow")]


def test_options_tells_the_methods(rest: Rest) -> None:
    answer = rest("OPTIONS", "/api/users")
    assert (answer.status, answer.headers["allow"], answer.body) == (204, "GET, HEAD, POST, OPTIONS", b"")
