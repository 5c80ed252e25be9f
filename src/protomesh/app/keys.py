"""The development key: made by `protomesh up` in the state directory, refused in production."""

import json
import os
from pathlib import Path

from protomesh.clock import Clock
from protomesh.errors import ConfigError
from protomesh.tokens import Signer, jwks_of, new_key

ISSUER = "development"
"""Its name in a security policy."""
LIFETIME = 300.0
"""Seconds that a service's own token is good for; renewed at half of it."""


def ensure(state_dir: Path) -> None:
    """Make STATE/keys/development.pem and STATE/jwks.json where they are missing."""
    key = key_path(state_dir)
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(new_key().encode())
    jwks = state_dir / "jwks.json"
    fresh = jwks.with_suffix(".new")
    fresh.write_text(json.dumps(jwks_of([key.read_text()])))
    fresh.rename(jwks)


def key_path(state_dir: Path) -> Path:
    """Where the development key lies."""
    return state_dir / "keys" / "development.pem"


def signer(state_dir: Path, clock: Clock, environment: str) -> Signer:
    """Signs with the development key. Raises ConfigError in production, or when there is no key."""
    if environment != "development":
        raise ConfigError("the development key signs nothing here", where=f"environment = {environment}")
    path = key_path(state_dir)
    if not path.exists():
        raise ConfigError("no such key", where=str(path), fix="protomesh up makes it")
    return Signer(path.read_text(), "", ISSUER, clock)


class ServiceToken:
    """The process's own token, `service:NAME`, renewed at half its life."""

    def __init__(self, name: str, audience: str, signer: Signer, clock: Clock) -> None:
        self._subject = f"service:{name}"
        self._audience = audience
        self._signer = signer
        self._clock = clock
        self._token = ""
        self._renew = 0.0

    def __call__(self) -> str:
        """The token as it is good now."""
        if self._clock.monotonic() >= self._renew:
            self._token = self._signer.sign(self._subject, self._audience, lifetime_seconds=LIFETIME)
            self._renew = self._clock.monotonic() + LIFETIME / 2
        return self._token
