"""Tokens: JSON Web Tokens verified against key sets, cached, and signed."""

from protomesh.tokens.cookie import COOKIE, token_of_cookie
from protomesh.tokens.identity import Identity
from protomesh.tokens.issuers import DEVELOPMENT, Issuer, load_issuer, resolve_keys
from protomesh.tokens.keys import Key, jwks_of, new_key, read_jwks
from protomesh.tokens.sign import Signer
from protomesh.tokens.verify import Verifier

__all__ = [
    "COOKIE",
    "DEVELOPMENT",
    "Identity",
    "Issuer",
    "Key",
    "Signer",
    "Verifier",
    "jwks_of",
    "load_issuer",
    "new_key",
    "read_jwks",
    "resolve_keys",
    "token_of_cookie",
]
