"""What a policy's `jwks` may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import ConfigError
from protomesh.tokens import Address, Kind, read_address

GOOD = {
    "keys.json": Address(Kind.FILE, "keys.json"),
    "../keys/a.json": Address(Kind.FILE, "../keys/a.json"),
    "development:jwks.json": Address(Kind.DEVELOPMENT, "jwks.json"),
    "service:identity": Address(Kind.SERVICE, "identity"),
    "https://login.example/jwks.json": Address(Kind.URL, "https://login.example/jwks.json"),
    "https://login.example:8443/a?b=c": Address(Kind.URL, "https://login.example:8443/a?b=c"),
}
LOCAL = ("http://localhost:8000/k", "http://127.0.0.1/k", "http://127.9.9.9/k", "http://[::1]:80/k")
WITHOUT_TLS = ("http://login.example/k", "http://10.0.0.1/k", "http://localhost.example/k", "http://[::2]/k")
BAD = {
    "development:": "is no name",
    "development:..": "is no name",
    "development:../policies/keys.json": "is no name",
    "service:": "is no name",
    "service:a/b": "is no name",
    "ftp://login.example/k": "is no web address",
    "file:///etc/passwd": "is no web address",
    "https://": "is no web address",
    "https:///k": "is no web address",
    "https://login.example:port/k": "is no web address",
    "https://login.example:99999/k": "is no web address",
    "https://[::1/k": "is no web address",
    "https://user@login.example/k": "parts that do not belong",
    "https://user:secret@login.example/k": "parts that do not belong",
    "https://login.example/k#f": "parts that do not belong",
    "https://login.example/a b": "parts that do not belong",
    "https://login.example/\r\nx: y": "parts that do not belong",
    "https://login.exämple/k": "parts that do not belong",
}


def read(jwks: str, environment: str = "development") -> Address:
    return read_address(jwks, environment=environment, where="s.json: issuers[0].jwks")


@pytest.mark.parametrize("jwks", GOOD)
@pytest.mark.parametrize("environment", ["development", "production"])
def test_ways_to_have_keys(jwks: str, environment: str) -> None:
    found = read(jwks, environment)
    assert found == GOOD[jwks]
    assert found.remote == (found.kind in {Kind.URL, Kind.SERVICE})


@pytest.mark.parametrize("jwks", LOCAL)
def test_without_tls_only_on_this_machine_and_in_development(jwks: str) -> None:
    assert read(jwks) == Address(Kind.URL, jwks)
    with pytest.raises(ConfigError, match="asked without TLS"):
        read(jwks, "production")


@pytest.mark.parametrize("jwks", WITHOUT_TLS)
def test_without_tls_nowhere_else(jwks: str) -> None:
    with pytest.raises(ConfigError, match="asked without TLS"):
        read(jwks)


@pytest.mark.parametrize("jwks", BAD)
def test_what_is_no_address(jwks: str) -> None:
    with pytest.raises(ConfigError, match=BAD[jwks]) as caught:
        read(jwks)
    assert caught.value.where == "s.json: issuers[0].jwks"
    assert caught.value.fix
    assert "secret" not in str(caught.value)


@given(st.text(), st.sampled_from(["", "https://", "http://", "service:", "development:"]))
def test_any_text_is_an_address_or_an_error(text: str, prefix: str) -> None:
    try:
        found = read(prefix + text)
    except ConfigError:
        return
    assert found.value
