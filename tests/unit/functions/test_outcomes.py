"""The table of outcomes, and what may be written down about a failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.functions import DeadLetter, Drop, Retries, Retry
from protomesh.functions.outcomes import Bury, Decision, Done, Repeat, decide
from protomesh.functions.redact import cut, redacted

RETRIES = Retries(2, first="1s", most="5m", jitter=0)


@pytest.mark.parametrize(
    ("attempt", "raised", "decision"),
    [
        (1, None, Done()),
        (9, None, Done()),
        (1, Drop("no need"), Done(dropped="no need")),
        (1, Drop(), Done(dropped="Drop")),
        (1, DeadLetter("hopeless"), Bury("hopeless")),
        (1, Retry(after="10s"), Repeat(10.0, "Retry")),
        (2, Retry(), Repeat(2.0, "Retry")),
        (3, Retry(after=0), Bury("gave up after 3 attempts: Retry")),
        (1, ValueError("odd"), Repeat(1.0, "ValueError: odd")),
        (2, ValueError(), Repeat(2.0, "ValueError")),
        (3, ValueError("odd"), Bury("gave up after 3 attempts: ValueError: odd")),
        (1, SystemExit(1), Repeat(1.0, "SystemExit: 1")),
    ],
)
def test_each_row_of_the_table(attempt: int, raised: BaseException | None, decision: Decision) -> None:
    assert decide(RETRIES, attempt, raised, 0.5) == decision


TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"got {TOKEN} there",
        f"authorization: Bearer {TOKEN}",
        f"('authorization', 'Bearer {TOKEN}')",
        "basic c2VjcmV0OnNlY3JldA==",
        "password=hunter2hunter2",
        '{"token": "hunter2hunter2"}',
        "https://h/?api_key=hunter2hunter2&x=1",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    clean = redacted(text)
    assert "[redacted]" in clean
    for secret in ("eyJ", "hunter2", "c2Vj"):
        assert secret not in clean


def test_plain_words_are_left_alone() -> None:
    text = "NotFound: no user u1; the basic idea: tokens are bearers of trust"
    assert redacted(text) == text


@given(st.text(max_size=400), st.integers(3, 600))
def test_a_cut_text_is_never_too_long_and_always_text(text: str, size: int) -> None:
    assert len(cut(text, size).encode(errors="replace")) <= size
