"""The development certificates: made once, renewed in time, replaced where they do not fit."""

import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from protomesh.certificates import Files, ensure, load
from protomesh.errors import ConfigError

DAY = 86_400.0
NAMES = ("users", "gateway")


def states(folder: Path, now: float, mesh: str = "shop") -> dict[str, str]:
    return {made.name: made.state for made in ensure(folder, mesh, NAMES, now)}


def test_what_is_made_is_good_and_private(tmp_path: Path) -> None:
    now = time.time()
    assert states(tmp_path, now) == {"ca": "made", "users": "made", "gateway": "made"}
    for name in NAMES:
        files = Files.of(tmp_path, name)
        assert load(files, now).expires == pytest.approx(now + 30 * DAY, abs=2)
        assert files.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    leaf = x509.load_pem_x509_certificate((tmp_path / "users.pem").read_bytes())
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each.value) for each in names] == ["spiffe://shop/users", "users", "localhost", "127.0.0.1"]


def test_again_changes_nothing(tmp_path: Path) -> None:
    now = time.time()
    states(tmp_path, now)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(states(tmp_path, now + 19 * DAY).values()) == {"kept"}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_expires_soon_is_renewed_and_the_authority_stays(tmp_path: Path) -> None:
    now = time.time()
    states(tmp_path, now)
    later = now + 21 * DAY
    assert states(tmp_path, later) == {"ca": "kept", "users": "renewed", "gateway": "renewed"}
    assert load(Files.of(tmp_path, "users"), later).expires > later + 29 * DAY


def test_an_authority_that_expires_soon_is_renewed_with_all_it_signed(tmp_path: Path) -> None:
    now = time.time()
    states(tmp_path, now)
    assert set(states(tmp_path, now + 250 * DAY).values()) == {"renewed"}


@pytest.mark.parametrize("broken", ["users.pem", "users.key"])
def test_what_does_not_fit_is_replaced(tmp_path: Path, broken: str) -> None:
    now = time.time()
    states(tmp_path, now)
    (tmp_path / broken).write_bytes((tmp_path / broken.replace("users", "gateway")).read_bytes())
    assert states(tmp_path, now) == {"ca": "kept", "users": "renewed", "gateway": "kept"}
    load(Files.of(tmp_path, "users"), now)


def test_another_mesh_has_other_names(tmp_path: Path) -> None:
    now = time.time()
    states(tmp_path, now)
    assert states(tmp_path, now, "other") == {"ca": "kept", "users": "renewed", "gateway": "renewed"}
    assert load(Files.of(tmp_path, "users"), now).uris == ("spiffe://other/users",)


def test_somebody_else_s_authority_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("theirs")
    with pytest.raises(ConfigError, match=r"ca\.pem: is an authority whose key ca\.key is not here"):
        ensure(tmp_path, "shop", NAMES, time.time())
    assert [path.name for path in tmp_path.iterdir()] == ["ca.pem"]
