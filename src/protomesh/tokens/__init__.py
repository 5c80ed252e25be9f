"""Tokens: JSON Web Tokens verified against key sets, cached, and signed; where key sets come from."""

from protomesh.tokens.address import Address, Kind, read_address
from protomesh.tokens.cookie import COOKIE, token_of_cookie
from protomesh.tokens.fetch import fetch
from protomesh.tokens.files import NAME, KeyFile, ServiceKeys
from protomesh.tokens.identity import SERVICE, Identity
from protomesh.tokens.issuers import Issuer, issuer_of
from protomesh.tokens.keys import Key, jwks_of, new_key, read_jwks
from protomesh.tokens.remote import Fetch, RemoteKeys
from protomesh.tokens.sign import Signer
from protomesh.tokens.stored import StoredKeys
from protomesh.tokens.verify import Verifier

__all__ = [
    "COOKIE",
    "NAME",
    "SERVICE",
    "Address",
    "Fetch",
    "Identity",
    "Issuer",
    "Key",
    "KeyFile",
    "Kind",
    "RemoteKeys",
    "ServiceKeys",
    "Signer",
    "StoredKeys",
    "Verifier",
    "fetch",
    "issuer_of",
    "jwks_of",
    "new_key",
    "read_address",
    "read_jwks",
    "token_of_cookie",
]
