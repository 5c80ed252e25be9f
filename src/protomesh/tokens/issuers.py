"""Issuers whose tokens count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from protomesh.tokens.keys import Key

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

    `issuer` is its name, which policies see; `iss` the claim, empty where it is the same. `seek` asks for
    keys where a token names one that is not here; it raises Unavailable. `only` is the one service that may
    be spoken for: such an issuer gives nobody roles, scopes or claims.
    """

    issuer: str
    audiences: frozenset[str]
    keys: tuple[Key, ...]
    services: bool = False
    roles: str = "roles"
    iss: str = ""
    seek: Callable[[], tuple[Key, ...]] | None = None
    only: str = ""

    @property
    def claim(self) -> str:
        """The `iss` of its tokens."""
        return self.iss or self.issuer


def issuer_of(
    declared: Declaration,
    keys: tuple[Key, ...],
    public: str,
    seek: Callable[[], tuple[Key, ...]] | None = None,
) -> Issuer:
    """An issuer of a policy with the keys it has now; `public` is the mesh's public address."""
    return Issuer(
        issuer=declared.issuer,
        audiences=frozenset(declared.audiences),
        keys=keys,
        services=declared.services,
        roles=declared.roles or "roles",
        iss=public if declared.issuer == MESH else "",
        seek=seek,
    )
