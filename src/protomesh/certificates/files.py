"""A component's certificate, its key and the authorities it trusts, read from files and checked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protomesh.errors import ConfigError

BROKEN = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for bytes that are not what they should be, some of it only when asked."""

RENEW = "protomesh certs renews those of development"


@dataclass(frozen=True, slots=True)
class Files:
    """Where the PEM files are: `ca` may hold several certificates, `certificate` a chain, the own first."""

    ca: Path
    certificate: Path
    key: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> "Files":
        """The rule of `protomesh certs`: ca.pem, NAME.pem, NAME.key."""
        return cls(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")


@dataclass(frozen=True, slots=True)
class Material:
    """The content of the files, which fits together. `expires` in seconds since the epoch."""

    ca: bytes
    certificate: bytes
    key: bytes = field(repr=False)
    uris: tuple[str, ...]
    names: tuple[str, ...]
    expires: float


def load(files: Files, now: float) -> Material:
    """Read and check.

    Raises ConfigError that names the file: missing, not PEM, expired, not a pair, of another authority.
    """
    authorities = _certificates(files.ca)
    chain = _certificates(files.certificate)
    key = _read(files.key)
    _pair(files, chain[0], key)
    _good(files.certificate, chain[0], now)
    if not _trusted(chain, authorities, now):
        raise ConfigError(
            f"was not issued by a valid authority of {files.ca}",
            where=str(files.certificate),
            fix="take certificate and CA from the same authority; protomesh certs makes both for development",
        )
    uris, names = _alternative_names(chain[0])
    expires = chain[0].not_valid_after_utc.timestamp()
    return Material(_read(files.ca), _read(files.certificate), key, uris, names, expires)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        fix = "protomesh certs makes it in development; elsewhere set [tls] in mesh.toml or PROTOMESH_TLS_…"
        raise ConfigError("no such file", where=str(path), fix=fix) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _certificates(path: Path) -> list[x509.Certificate]:
    data = _read(path)
    try:
        found = x509.load_pem_x509_certificates(data)
        for each in found:
            each.public_key()
            _alternative_names(each)
    except BROKEN:
        raise ConfigError("holds no certificate in PEM form", where=str(path), fix=RENEW) from None
    return found


def _pair(files: Files, certificate: x509.Certificate, key: bytes) -> None:
    try:
        public: Any = load_pem_private_key(key, None).public_key()
    except BROKEN:
        raise ConfigError(
            "holds no private key in PEM form without a password", where=str(files.key), fix=RENEW
        ) from None
    if public != certificate.public_key():
        raise ConfigError(
            f"is not the key of the certificate {files.certificate}",
            where=str(files.key),
            fix="put the pair there that belongs together",
        )


def _good(path: Path, certificate: x509.Certificate, now: float) -> None:
    at = datetime.fromtimestamp(now, UTC)
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at >= until:
        raise ConfigError(f"expired at {until:%Y-%m-%d %H:%M} UTC", where=str(path), fix=RENEW)
    if at < since:
        raise ConfigError(
            f"is not good before {since:%Y-%m-%d %H:%M} UTC", where=str(path), fix="look at the clock"
        )


def _trusted(chain: list[x509.Certificate], authorities: list[x509.Certificate], now: float) -> bool:
    """RFC 5280, section 6.1, as far as a setting can be wrong; the TLS library does the whole of it."""
    at = datetime.fromtimestamp(now, UTC)
    current, between = chain[0], chain[1:]
    while True:
        if any(_issued(current, each) and at < each.not_valid_after_utc for each in authorities):
            return True
        issuer = next((each for each in between if _issued(current, each)), None)
        if issuer is None:
            return False
        between = [each for each in between if each is not issuer]
        current = issuer


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*BROKEN, InvalidSignature):
        return False
    return True


def _alternative_names(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    uris = found.get_values_for_type(x509.UniformResourceIdentifier)
    return tuple(uris), tuple(found.get_values_for_type(x509.DNSName))
