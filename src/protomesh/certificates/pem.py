"""Private keys and certificates as PEM (RFC 7468), P-256 throughout."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate

PrivateKey = ec.EllipticCurvePrivateKey


def new_key() -> PrivateKey:
    """A key that nobody has yet."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: PrivateKey) -> bytes:
    """PKCS #8, not encrypted: the file's mode protects it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_pem(certificate: Certificate) -> bytes:
    """One certificate."""
    return certificate.public_bytes(Encoding.PEM)
