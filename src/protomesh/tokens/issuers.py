"""Issuers whose tokens count, and where their public keys come from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from protomesh.errors import ConfigError
from protomesh.tokens.keys import Key, read_jwks

DEVELOPMENT = "development:"

MESH = "mesh"
"""The mesh's own identity service, whose `iss` is the mesh's public address."""


class Declaration(Protocol):
    """An issuer as a security policy declares it; `path` is its place there, `issuers[0]`."""

    @property
    def issuer(self) -> str:
        """The `iss` claim."""
        ...

    @property
    def audiences(self) -> tuple[str, ...]:
        """A token names at least one of these in `aud`."""
        ...

    @property
    def jwks(self) -> str:
        """Where the public keys are."""
        ...

    @property
    def services(self) -> bool:
        """Whether its tokens may speak for a service."""
        ...

    @property
    def roles(self) -> str:
        """The dotted path of the claim with the roles; `roles` when empty."""
        ...

    @property
    def path(self) -> str:
        """The declaration's place in its file."""
        ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """A signer of tokens with its keys. `roles` is the dotted path of the claim that holds the roles.

    `issuer` is its name, which policies see; `iss` the claim, empty where it is the same.
    """

    issuer: str
    audiences: frozenset[str]
    keys: tuple[Key, ...]
    services: bool = False
    roles: str = "roles"
    iss: str = ""

    @property
    def claim(self) -> str:
        """The `iss` of its tokens."""
        return self.iss or self.issuer


def resolve_keys(
    jwks: str, *, policy_dir: Path, state_dir: Path, environment: str, where: str = "jwks"
) -> dict[str, Any]:
    """The key set that a policy's `jwks` points to.

    A path is relative to the policy; `development:jwks.json` is a file of the state directory, which counts
    only where `environment` is `development`. Raises ConfigError.
    """
    if jwks.startswith(("service:", "http:", "https:")):
        fix = "put the public keys into a file beside the policy"
        raise ConfigError(f"'{jwks}' is not yet supported", where=where, fix=fix)
    if not jwks.startswith(DEVELOPMENT):
        return _read(policy_dir / jwks, where, "the path is relative to the policy")
    name = jwks.removeprefix(DEVELOPMENT)
    if environment != "development":
        fix = "name a key set file, or set environment = development"
        raise ConfigError(f"'{jwks}' is for development, and this is {environment}", where=where, fix=fix)
    if name != Path(name).name or name in {"", ".."}:
        raise ConfigError(f"'{name}' is no file name", where=where, fix="write development:jwks.json")
    return _read(state_dir / name, where, "protomesh up writes it")


def load_issuer(
    declared: Declaration, *, policy_dir: Path, state_dir: Path, environment: str, where: str, public: str
) -> Issuer:
    """An issuer of a policy with its keys; `where` is the policy's file, `public` the mesh's public address.

    Raises ConfigError.
    """
    place = f"{where}: {declared.path}.jwks"
    jwks = resolve_keys(
        declared.jwks, policy_dir=policy_dir, state_dir=state_dir, environment=environment, where=place
    )
    keys = read_jwks(jwks, place)
    roles = declared.roles or "roles"
    iss = public if declared.issuer == MESH else ""
    return Issuer(declared.issuer, frozenset(declared.audiences), keys, declared.services, roles, iss)


def _read(path: Path, where: str, fix: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", where=where, fix=fix) from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{path} is not JSON", where=where) from None
    if not isinstance(found, Mapping):
        raise ConfigError(f"{path} holds no key set", where=where)
    return dict(found)
