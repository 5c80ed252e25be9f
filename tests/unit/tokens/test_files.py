"""Public keys in files, which change under a running process."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from protomesh.errors import ConfigError, InvalidToken
from protomesh.tokens import KeyFile, ServiceKeys, Verifier, jwks_of, new_key
from tests.support.certificates import put
from tests.unit.tokens.support import Hands, Mint

LOG = logging.getLogger("tests.keys")


class Folder:
    """policies/services with a file for each service, and who believes what stands there."""

    def __init__(self, path: Path, *names: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.mints = {name: Mint(f"service:{name}") for name in names}
        for name in names:
            self.put(name, self.mints[name])
        self.keys = ServiceKeys([path], ["shop"], where="s.json: services.keys", log=LOG)

    def put(self, name: str, *mints: Mint) -> None:
        put(self.path / f"{name}.json", json.dumps({"keys": [m.jwks["keys"][0] for m in mints]}).encode())

    def verify(self, token: str) -> str:
        return Verifier(self.keys.issuers, Hands()).verify(token).service


def own(mint: Mint, **claims: Any) -> str:
    whole: dict[str, Any] = {"sub": mint.issuer, **claims}
    return mint.token(**whole)


def test_each_speaks_for_itself(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "orders", "fulfil_order")
    for name, mint in folder.mints.items():
        assert folder.verify(own(mint)) == name


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"sub": "service:users"}, "may not speak for a service"),
        ({"sub": "service:orders2"}, "may not speak for a service"),
        ({"sub": "u1"}, "may not speak for a user"),
        ({"sub": ""}, "no subject"),
        ({"sub": None}, "no subject"),
        ({"iss": "service:users", "sub": "service:users"}, "key is not known"),
        ({"iss": "service:orders "}, "issuer is not known"),
        ({"aud": "another"}, "another audience"),
        ({"exp": None}, "no expiry"),
    ],
)
def test_none_speaks_for_anybody_else(tmp_path: Path, claims: dict[str, object], said: str) -> None:
    folder = Folder(tmp_path, "orders", "users")
    with pytest.raises(InvalidToken, match=said):
        folder.verify(own(folder.mints["orders"], **claims))


def test_the_key_of_another_is_refused_whatever_it_calls_itself(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "orders", "users")
    users = folder.mints["users"]
    claims = {"iss": "service:orders", "sub": "service:orders"}
    for header in (None, {"kid": folder.mints["orders"].kid}, {"kid": None}):
        with pytest.raises(InvalidToken):
            folder.verify(users.token(header, **claims))


def test_a_service_gives_itself_no_roles_scopes_or_claims(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "orders")
    token = own(folder.mints["orders"], roles=["admin"], scope="everything", team="a")
    found = Verifier(folder.keys.issuers, Hands()).verify(token)
    assert (found.service, found.subject, found.issuer) == ("orders", "", "service:orders")
    assert (found.roles, found.scopes, dict(found.claims)) == (frozenset(), frozenset(), {})


def test_keys_are_rotated_without_a_gap(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "orders")
    old, new = folder.mints["orders"], Mint("service:orders")
    assert not folder.keys.look()
    folder.put("orders", old, new)
    assert folder.keys.look()
    assert (folder.verify(own(old)), folder.verify(own(new))) == ("orders", "orders")
    folder.put("orders", new)
    assert folder.keys.look()
    assert folder.verify(own(new)) == "orders"
    with pytest.raises(InvalidToken, match="key is not known"):
        folder.verify(own(old))


def test_services_come_and_go(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "orders")
    late = Mint("service:late")
    folder.put("late", late)
    (tmp_path / "orders.json").unlink()
    assert folder.keys.look()
    assert folder.verify(own(late)) == "late"
    with pytest.raises(InvalidToken, match="issuer is not known"):
        folder.verify(own(folder.mints["orders"]))


WRONG = [b"", b"{", b"[]", b'{"keys": []}', json.dumps({"keys": [{"kty": "oct", "k": "a"}]}).encode()]


@pytest.mark.parametrize("content", WRONG)
def test_a_file_that_became_wrong_keeps_its_last_good_keys_and_holds_up_no_other(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Folder(tmp_path, "orders")
    late = Mint("service:late")
    put(tmp_path / "orders.json", content)
    folder.put("late", late)
    assert folder.keys.look()
    assert (folder.verify(own(folder.mints["orders"])), folder.verify(own(late))) == ("orders", "late")
    assert "the last good keys of 'orders' stay: s.json: services.keys: " in caplog.text
    assert not folder.keys.look()


def test_a_file_that_names_no_service(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = Folder(tmp_path, "orders")
    (tmp_path / "No Service.json").write_text("{}")
    assert [folder.keys.look(), folder.keys.look()] == [False, False]
    assert caplog.text.count("names no service") == 1
    assert folder.verify(own(folder.mints["orders"])) == "orders"
    with pytest.raises(ConfigError, match=r"No Service.json: names no service \(call it NAME.json"):
        ServiceKeys([tmp_path], ["shop"], where="s.json: services.keys", log=LOG)


def test_a_wrong_file_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text("{")
    with pytest.raises(ConfigError, match=r"services.keys: .*orders.json: is not JSON"):
        ServiceKeys([tmp_path], ["shop"], where="s.json: services.keys", log=LOG)


def test_keys_in_two_folders_count_together(tmp_path: Path) -> None:
    one, two = Folder(tmp_path / "a", "orders"), Folder(tmp_path / "b", "orders", "users")
    keys = ServiceKeys([one.path, two.path, tmp_path / "none"], ["shop"], where="s", log=LOG)
    check = Verifier(keys.issuers, Hands())
    for mint in (one.mints["orders"], two.mints["orders"], two.mints["users"]):
        assert f"service:{check.verify(own(mint)).service}" == mint.issuer


def test_a_key_file_is_read_when_it_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, first, second = tmp_path / "k.json", new_key(), new_key()
    put(path, json.dumps(jwks_of([first])).encode())
    file = KeyFile(path, where="s.json: issuers[0].jwks", fix="look", log=LOG)
    before = [key.kid for key in file.keys]
    assert not file.look()
    put(path, json.dumps(jwks_of([first, second])).encode())
    assert file.look()
    assert [key.kid for key in file.keys][:1] == before
    put(path, b"nonsense")
    assert not file.look()
    path.unlink()
    assert not file.look()
    assert len(file.keys) == 2
    assert caplog.text.count("the last good keys stay: s.json: issuers[0].jwks: ") == 2


def test_a_key_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"issuers\[0\].jwks: .*k.json: No such file.* \(look\)"):
        KeyFile(tmp_path / "k.json", where="s.json: issuers[0].jwks", fix="look", log=LOG)
