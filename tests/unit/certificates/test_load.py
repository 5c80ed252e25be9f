"""Every way in which certificate files can be wrong, each with what is to be done."""

import base64
import contextlib
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.certificates import Files, load
from protomesh.errors import ConfigError
from tests.support.certificates import Office

DAY = 86_400.0


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "certs")


def other_key(office: Office) -> Files:
    users, catalog = office.issue("users"), office.issue("catalog")
    return Files(users.ca, users.certificate, catalog.key)


def other_authority(office: Office) -> Files:
    return office.issue("users", by=Office(office.folder.parent / "other"))


def authority_of_the_same_name(office: Office) -> Files:
    """Its key is another, whatever it is called."""
    return office.issue("users", by=Office(office.folder.parent / "other", office.mesh))


def no_pem(office: Office) -> Files:
    files = office.issue("users")
    files.certificate.write_bytes(b"\x30\x82 not text")
    return files


def no_key_in_it(office: Office) -> Files:
    files = office.issue("users")
    files.key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    return files


def gone(office: Office) -> Files:
    files = office.issue("users")
    files.key.unlink()
    return files


def a_folder(office: Office) -> Files:
    files = office.issue("users")
    return Files(office.folder, files.certificate, files.key)


WRONG: dict[str, tuple[Callable[[Office], Files], str]] = {
    "missing": (gone, r"users\.key: no such file \(protomesh certs makes it in development"),
    "no certificate": (no_pem, r"users\.pem: holds no certificate in PEM form"),
    "no key": (no_key_in_it, r"users\.key: holds no private key in PEM form"),
    "no pair": (other_key, r"catalog\.key: is not the key of the certificate .*users\.pem"),
    "expired": (lambda office: office.issue("users", ago=3 * DAY, days=2), r"users\.pem: expired at \d{4}-"),
    "too early": (lambda office: office.issue("users", ago=-DAY), r"users\.pem: is not good before \d{4}-"),
    "other CA": (other_authority, r"users\.pem: was not issued by a valid authority of .*ca\.pem"),
    "same name": (authority_of_the_same_name, r"users\.pem: was not issued by a valid authority"),
    "a folder": (a_folder, r"certs: cannot be read: Is a directory"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_names_the_file_and_what_to_do(office: Office, kind: str) -> None:
    make, words = WRONG[kind]
    with pytest.raises(ConfigError, match=words) as caught:
        load(make(office), time.time())
    assert caught.value.where.startswith(str(office.folder))
    assert "PRIVATE KEY-----\n" not in str(caught.value)


@given(st.integers(0, 2), st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 255)), max_size=3))
def test_no_byte_of_them_is_trusted(
    tmp_path_factory: pytest.TempPathFactory, which: int, changes: list[tuple[int, int]]
) -> None:
    """Whatever stands in a file: it is good, or told as wrong; nothing else is raised while a mesh runs."""
    files = Office(tmp_path_factory.mktemp("certs")).issue("users")
    path = (files.ca, files.certificate, files.key)[which]
    first, *body, last = path.read_bytes().splitlines()
    raw = bytearray(base64.b64decode(b"".join(body)))
    for at, value in changes:
        raw[at % len(raw)] = value
    path.write_bytes(b"\n".join((first, base64.b64encode(raw), last)))
    with contextlib.suppress(ConfigError):
        assert load(files, time.time()).certificate == files.certificate.read_bytes()


@pytest.mark.parametrize(
    ("known", "unknown"),
    [(b"\x2a\x86\x48\xce", b"\x2a\x86\x48\xcf"), (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x29")],
)
def test_a_kind_of_key_or_a_version_that_nobody_knows(office: Office, known: bytes, unknown: bytes) -> None:
    files = office.issue("users")
    der = ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    assert known in der
    files.certificate.write_text(ssl.DER_cert_to_PEM_cert(der.replace(known, unknown)))
    with pytest.raises(ConfigError, match=r"users\.pem: holds no certificate in PEM form"):
        load(files, time.time())


def test_good_files_say_whom_they_name(office: Office) -> None:
    found = load(office.issue("users"), time.time())
    assert (found.uris, found.names) == (("spiffe://shop/users",), ("users", "localhost"))
    assert found.expires == pytest.approx(time.time() + 30 * DAY, abs=60)
    assert "PRIVATE" not in repr(found)


def test_an_authority_among_others_will_do(office: Office) -> None:
    """While one authority takes over from another, ca.pem holds both."""
    files, other = office.issue("users"), Office(office.folder.parent / "other")
    files.ca.write_bytes((other.folder / "ca.pem").read_bytes() + files.ca.read_bytes())
    assert load(files, time.time()).ca == files.ca.read_bytes()


def test_an_expired_authority_vouches_for_nobody(office: Office) -> None:
    files = office.issue("users")
    with pytest.raises(ConfigError, match=r"users\.pem: expired"):
        load(files, time.time() + 400 * DAY)
