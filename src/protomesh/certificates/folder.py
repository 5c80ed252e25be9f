"""A folder with a development authority and a certificate per component, made and kept fresh."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protomesh.certificates.authority import CA_LIFE, LEAF_LIFE, Authority
from protomesh.certificates.files import BROKEN, Files, load
from protomesh.certificates.names import component
from protomesh.certificates.pem import certificate_pem, key_pem, new_key
from protomesh.errors import ConfigError

State = Literal["made", "renewed", "kept"]
CA = "ca"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one certificate; `expires` in seconds since the epoch."""

    name: str
    file: Path
    state: State
    expires: float


def ensure(folder: Path, mesh: str, names: Iterable[str], now: float) -> list[Made]:
    """Make what is missing, renew what has less than a third of its life left or does not fit, keep the rest.

    Raises ConfigError for an authority of somebody else.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, made = _authority(folder, mesh, now)
    return [made, *(_leaf(folder, authority, name, now) for name in names)]


def _authority(folder: Path, mesh: str, now: float) -> tuple[Authority, Made]:
    certificate, key = folder / f"{CA}.pem", folder / f"{CA}.key"
    if certificate.exists() and not key.exists():
        raise ConfigError(
            f"is an authority whose key {key.name} is not here",
            where=str(certificate),
            fix="name another folder, or move the file away to have a development CA made",
        )
    found = _read_authority(certificate, key, mesh) if certificate.exists() else None
    if found and now < found.certificate.not_valid_after_utc.timestamp() - CA_LIFE.total_seconds() / 3:
        return found, _made(CA, certificate, "kept", found.certificate)
    state: State = "renewed" if certificate.exists() else "made"
    fresh = Authority.new(mesh, now)
    _write_pair(certificate, key, certificate_pem(fresh.certificate), key_pem(fresh.key))
    return fresh, _made(CA, certificate, state, fresh.certificate)


def _read_authority(certificate: Path, key: Path, mesh: str) -> Authority | None:
    """None for one that cannot sign for this mesh: half written, or of another."""
    try:
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != own.public_key():
            return None
    except BROKEN:
        return None
    return Authority(mesh, own, private)


def _leaf(folder: Path, authority: Authority, name: str, now: float) -> Made:
    files = Files.of(folder, name)
    try:
        found = load(files, now)
    except ConfigError:
        found = None
    fits = found is not None and component(authority.mesh, [name], found.uris, found.names) == name
    if found and fits and found.expires - now > LEAF_LIFE.total_seconds() / 3:
        return Made(name, files.certificate, "kept", found.expires)
    state: State = "renewed" if files.certificate.exists() else "made"
    key = new_key()
    fresh = authority.issue(name, key, now)
    _write_pair(files.certificate, files.key, certificate_pem(fresh), key_pem(key))
    return _made(name, files.certificate, state, fresh)


def _made(name: str, file: Path, state: State, certificate: x509.Certificate) -> Made:
    return Made(name, file, state, certificate.not_valid_after_utc.timestamp())


def _write_pair(certificate: Path, key: Path, public: bytes, private: bytes) -> None:
    """By rename, the certificate last: who reads in between sees a pair that does not fit, and waits."""
    for path, content, mode in ((key, private, 0o600), (certificate, public, 0o644)):
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        fresh.rename(path)
