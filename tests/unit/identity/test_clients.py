"""The file of clients: read, or refused with a place and a way out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import ConfigError
from protomesh.identity import read_clients, write_clients


@given(st.dictionaries(st.text(min_size=1), st.just("") | st.text().map(lambda text: f"$argon2id${text}")))
def test_what_is_written_is_read(clients: dict[str, str]) -> None:
    assert read_clients(write_clients(clients), "clients.json") == clients


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b'{"clients": []}', b'{"clients": {}, "x": 1}', b"[" * 100_000]
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"clients\.json"):
        read_clients(data, "clients.json")


@pytest.mark.parametrize("secret", ['"plain"', "1", "null"])
def test_a_secret_that_is_not_hashed_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match=r"clients\.billing") as caught:
        read_clients(f'{{"clients": {{"billing": {secret}}}}}'.encode(), "clients.json")
    assert "plain" not in str(caught.value)
