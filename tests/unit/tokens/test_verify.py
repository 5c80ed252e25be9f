"""What a good token gives, and for how long."""

import threading
from typing import Any

import pytest

from protomesh.errors import ConfigError, InvalidToken
from protomesh.tokens import Identity, Issuer, Signer, Verifier, jwks_of, new_key, read_jwks
from tests.unit.tokens.support import NOW, Hands, Mint, verifier

MINT = Mint()


def test_claims_become_an_identity() -> None:
    token = MINT.token(roles=["admin", "clerk"], scope="read write", team="a")
    found = verifier(MINT).verify(token)
    assert found == Identity(
        subject="u1",
        roles=frozenset({"admin", "clerk"}),
        scopes=frozenset({"read", "write"}),
        issuer="mesh",
        claims=found.claims,
        expires=NOW + 900,
        service="",
    )
    assert found.claims["team"] == "a"
    assert "team" not in repr(found)


def test_the_signer_and_the_verifier_agree() -> None:
    pem, clock = new_key(), Hands()
    signer = Signer(pem, "", "mesh", clock)
    checks = Verifier([Issuer("mesh", frozenset({"shop"}), read_jwks(jwks_of([pem]), "k"))], clock)
    token = signer.sign(
        "u1", "shop", roles=["b", "a"], scopes=["s"], lifetime_seconds=60, claims={"team": "x"}
    )
    found = checks.verify(token)
    assert found.subject == "u1"
    assert found.roles == {"a", "b"}
    assert found.scopes == {"s"}
    assert (found.expires, found.claims["team"]) == (NOW + 60, "x")


def test_a_signer_keeps_its_own_claims() -> None:
    with pytest.raises(ConfigError, match="exp, sub"):
        Signer(new_key(), "", "mesh", Hands()).sign("u1", "shop", claims={"sub": "root", "exp": 0})


def test_a_service_token_gives_a_service_and_no_subject() -> None:
    found = verifier(MINT, services=True).verify(MINT.token(sub="service:orders", roles=["admin"]))
    assert (found.subject, found.service) == ("", "orders")
    user = verifier(MINT).verify(MINT.token())
    both = user.called_by(found)
    assert (both.subject, both.service, both.roles) == ("u1", "orders", user.roles)


@pytest.mark.parametrize("name", ["service:", "service: "])
def test_a_service_needs_a_name(name: str) -> None:
    with pytest.raises(InvalidToken):
        verifier(MINT, services=True).verify(MINT.token(sub=name))


@pytest.mark.parametrize(
    ("path", "claims", "roles"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, {"admin"}),
        ("realm_access.roles", {"realm_access": ["admin"]}, set()),
        ("realm_access.roles", {}, set()),
        ("https://x.example/roles", {"https://x.example/roles": ["admin"]}, {"admin"}),
        ("roles", {"roles": "admin clerk"}, {"admin", "clerk"}),
        ("roles", {"roles": None}, set()),
        ("groups", {"roles": ["admin"]}, set()),
    ],
)
def test_where_the_roles_are(path: str, claims: dict[str, Any], roles: set[str]) -> None:
    assert verifier(MINT, roles=path).verify(MINT.token(**claims)).roles == roles


def test_leeway_forgives_clocks_that_differ() -> None:
    clock = Hands()
    checks = Verifier([MINT.trusted()], clock, leeway=10)
    assert checks.verify(MINT.token(exp=NOW - 9, nbf=NOW + 9, iat=NOW + 9)).subject == "u1"
    with pytest.raises(InvalidToken):
        checks.verify(MINT.token(exp=NOW - 10))
    with pytest.raises(InvalidToken):
        checks.verify(MINT.token(nbf=NOW + 11))


def test_a_cached_token_expires_like_any_other() -> None:
    clock = Hands()
    checks = Verifier([MINT.trusted()], clock, leeway=10)
    token = MINT.token(exp=NOW + 60)
    assert checks.verify(token) is checks.verify(token)
    clock.at = NOW + 69.9
    assert checks.verify(token).subject == "u1"
    clock.at = NOW + 70
    with pytest.raises(InvalidToken) as caught:
        checks.verify(token)
    assert caught.value.reason == "expired"


def test_other_keys_empty_the_cache() -> None:
    checks = verifier(MINT)
    token = MINT.token()
    assert checks.verify(token).subject == "u1"
    checks.replace([Mint().trusted()])
    with pytest.raises(InvalidToken, match="key is not known"):
        checks.verify(token)
    checks.replace([MINT.trusted()])
    assert checks.verify(token).subject == "u1"


def test_the_cache_is_bounded_and_refused_tokens_stay_out() -> None:
    checks = Verifier([MINT.trusted()], Hands(), cache_size=2)
    tokens = [MINT.token(sub=f"u{at}") for at in range(4)]
    first = checks.verify(tokens[0])
    for token in tokens[1:]:
        checks.verify(token)
    assert checks.verify(tokens[0]) is not first
    last = checks.verify(tokens[3])
    for _ in range(10):
        with pytest.raises(InvalidToken):
            checks.verify(MINT.token(aud="bank"))
    assert checks.verify(tokens[3]) is last


def test_threads_may_share_a_verifier() -> None:
    checks = Verifier([MINT.trusted()], Hands(), cache_size=3)
    tokens = {f"u{at}": MINT.token(sub=f"u{at}") for at in range(8)}
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(20):
            wrong.extend(name for name, token in tokens.items() if checks.verify(token).subject != name)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_issuers_do_not_vouch_for_each_other() -> None:
    other = Mint("other")
    checks = Verifier([MINT.trusted(), other.trusted()], Hands())
    assert checks.verify(other.token()).issuer == "other"
    with pytest.raises(InvalidToken, match="key is not known"):
        checks.verify(MINT.token(iss="other"))
    with pytest.raises(InvalidToken, match="signature"):
        checks.verify(MINT.token({"kid": other.kid}, iss="other"))


def test_without_a_kid_only_an_only_key_is_meant() -> None:
    assert verifier(MINT).verify(MINT.token({"kid": None})).subject == "u1"
    two = read_jwks({"keys": [*MINT.jwks["keys"], *Mint().jwks["keys"]]}, "k")
    checks = Verifier([Issuer("mesh", frozenset({"shop"}), two)], Hands())
    assert checks.verify(MINT.token()).subject == "u1"
    with pytest.raises(InvalidToken, match="key is not known"):
        checks.verify(MINT.token({"kid": None}))


def test_two_issuers_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="'mesh' stands twice"):
        Verifier([MINT.trusted(), Mint().trusted()], Hands())
