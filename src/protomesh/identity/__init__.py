"""What a login is made of: passwords, refresh tokens, signing keys, throttling, the form. No database."""

from protomesh.identity.clients import read_clients, write_clients
from protomesh.identity.form import LoginForm, must_be_ours, read_form
from protomesh.identity.pages import CONTENT_TYPE, HEADERS, login_page, waiting_page
from protomesh.identity.passwords import Passwords
from protomesh.identity.refresh import GRACE, LIFETIME, Outcome, Token, digest, judge, new_secret, successor
from protomesh.identity.return_to import safe_return
from protomesh.identity.rotation import Rotation, SigningKey, next_from, retired, signing
from protomesh.identity.throttle import (
    FORGET,
    REMEMBER,
    Attempts,
    Limit,
    failed,
    household,
    keys_of,
    known_of,
    longest,
    remembered,
    wait,
)

__all__ = [
    "CONTENT_TYPE",
    "FORGET",
    "GRACE",
    "HEADERS",
    "LIFETIME",
    "REMEMBER",
    "Attempts",
    "Limit",
    "LoginForm",
    "Outcome",
    "Passwords",
    "Rotation",
    "SigningKey",
    "Token",
    "digest",
    "failed",
    "household",
    "judge",
    "keys_of",
    "known_of",
    "login_page",
    "longest",
    "must_be_ours",
    "new_secret",
    "next_from",
    "read_clients",
    "read_form",
    "remembered",
    "retired",
    "safe_return",
    "signing",
    "successor",
    "wait",
    "waiting_page",
    "write_clients",
]
