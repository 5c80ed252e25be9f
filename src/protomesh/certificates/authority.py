"""A certificate authority for development, and what it signs (RFC 5280)."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protomesh.certificates.names import spiffe
from protomesh.certificates.pem import PrivateKey, new_key

CA_LIFE = timedelta(days=365)
LEAF_LIFE = timedelta(days=30)
SKEW = timedelta(minutes=5)
"""How far the clocks of two machines may differ."""

_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
_SPEAKS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates of one mesh."""

    mesh: str
    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def new(cls, mesh: str, now: float, life: timedelta = CA_LIFE) -> "Authority":
        """An authority good for `life` from `now`, in seconds since the epoch."""
        key = new_key()
        name = _name(f"{mesh} development CA")
        usage = (x509.BasicConstraints(ca=True, path_length=0), _SIGNS)
        return cls(mesh, _sign(name, name, key, key, period=_period(now, life), extensions=usage), key)

    def issue(self, name: str, key: PrivateKey, now: float, life: timedelta = LEAF_LIFE) -> x509.Certificate:
        """A certificate of the component `name`, for both ends of a connection.

        None outlives the authority.
        """
        since, until = _period(now, life)
        until = min(until, self.certificate.not_valid_after_utc)
        names = (
            x509.UniformResourceIdentifier(spiffe(self.mesh, name)),
            x509.DNSName(name),
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
        )
        usage = (
            x509.BasicConstraints(ca=False, path_length=None),
            _SPEAKS,
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            x509.SubjectAlternativeName(names),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
        )
        return _sign(
            _name(name), self.certificate.subject, key, self.key, period=(since, until), extensions=usage
        )


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    signer: PrivateKey,
    *,
    period: tuple[datetime, datetime],
    extensions: tuple[x509.ExtensionType, ...],
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for each in extensions:
        builder = builder.add_extension(
            each, critical=isinstance(each, x509.BasicConstraints | x509.KeyUsage)
        )
    return builder.sign(signer, hashes.SHA256())


def _period(now: float, life: timedelta) -> tuple[datetime, datetime]:
    at = datetime.fromtimestamp(now, UTC)
    return at - SKEW, at + life


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
