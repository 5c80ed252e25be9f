"""The keys that sign tokens: one of development for users, and one of each service and function."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from protomesh.app.process import Process
from protomesh.clock import Clock
from protomesh.errors import ConfigError
from protomesh.tokens import SERVICE, Signer, jwks_of, new_key

ISSUER = "development"
"""Its name in a security policy."""

LIFETIME = 300.0
"""Seconds that a service's own token is good for; renewed at half of it."""

PUBLIC = "services"
"""The folder with the public keys of services, in the state directory as beside the policy."""


def ensure(state_dir: Path, services: Iterable[str] = ()) -> None:
    """Make STATE/keys/development.pem, STATE/jwks.json and the keys of services where they are missing."""
    _pair(key_path(state_dir), state_dir / "jwks.json")
    ensure_services(state_dir, services)


def ensure_services(state_dir: Path, names: Iterable[str]) -> None:
    """Make STATE/keys/services/NAME.pem and STATE/services/NAME.json for each service and function."""
    for name in names:
        _pair(service_key_path(state_dir, name), state_dir / PUBLIC / f"{name}.json")


def key_path(state_dir: Path) -> Path:
    """Where the development key lies."""
    return state_dir / "keys" / "development.pem"


def service_key_path(state_dir: Path, name: str) -> Path:
    """Where a service's own key of development lies."""
    return state_dir / "keys" / "services" / f"{name}.pem"


def signer(state_dir: Path, clock: Clock, environment: str) -> Signer:
    """Signs with the development key. Raises ConfigError in production, or when there is no key."""
    if environment != "development":
        raise ConfigError("the development key signs nothing here", where=f"environment = {environment}")
    path = key_path(state_dir)
    return Signer(_read(path, "protomesh up makes it"), "", ISSUER, clock)


def service_signer(process: Process, name: str) -> Signer:
    """Signs as `service:NAME` with NAME's own key. Raises ConfigError where there is none."""
    told = process.settings.keys_dir
    if not told and not process.develops:
        raise ConfigError(
            f"{name} has no private key",
            where="PROTOMESH_KEYS_DIR",
            fix=f"set it to the folder with {name}.pem; protomesh keys new {name} makes a pair",
        )
    if told:
        path, fix = process.project / told / f"{name}.pem", f"protomesh keys new {name} makes a pair"
    else:
        path, fix = service_key_path(process.state_dir, name), "protomesh up makes it"
    content = _read(path, fix)
    try:
        return Signer(content, "", f"{SERVICE}{name}", process.clock)
    except ConfigError as error:
        raise ConfigError(error.what, where=str(path), fix=error.fix) from None


def replace(path: Path, content: str, mode: int) -> None:
    """Write a file as a whole, or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
    Path(fresh).replace(path)


def _pair(private: Path, public: Path) -> None:
    private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not private.exists():
        replace(private, new_key(), 0o600)
    replace(public, json.dumps(jwks_of([private.read_text()])), 0o644)


def _read(path: Path, fix: str) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise ConfigError("no such key", where=str(path), fix=fix) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {type(error).__name__}", where=str(path), fix=fix) from None


class ServiceToken:
    """The process's own token, `service:NAME`, renewed at half its life."""

    def __init__(self, name: str, audience: str, signer: Signer, clock: Clock) -> None:
        self._subject = f"{SERVICE}{name}"
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
