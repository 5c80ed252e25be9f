"""Tokens that count, and those that must not."""

from protomesh.clock import Clock
from protomesh.tokens import Issuer, Signer, Verifier, jwks_of, new_key, read_jwks

ISSUER, AUDIENCE = "development", "shop"


class Mint:
    """One issuer with one key, which is also that of the `services` which sign for themselves."""

    def __init__(self, clock: Clock, issuer: str = ISSUER, services: tuple[str, ...] = ()) -> None:
        self._services = services
        self.key = new_key()
        self._clock = clock
        self._signer = Signer(self.key, "", issuer, clock)
        self._issuer = issuer

    def verifier(self) -> Verifier:
        keys = read_jwks(jwks_of([self.key]), "test")
        audiences = frozenset({AUDIENCE})
        own = (
            Issuer(f"service:{name}", audiences, keys, services=True, only=name) for name in self._services
        )
        return Verifier([Issuer(self._issuer, audiences, keys, services=True), *own], self._clock)

    def token(
        self,
        subject: str,
        *roles: str,
        audience: str = AUDIENCE,
        lifetime: float = 600.0,
        scopes: tuple[str, ...] = (),
    ) -> str:
        return self._signer.sign(subject, audience, roles=roles, scopes=scopes, lifetime_seconds=lifetime)

    def bearer(self, subject: str, *roles: str) -> tuple[str, str]:
        return ("authorization", f"Bearer {self.token(subject, *roles)}")

    def claiming(self, subject: str, **claims: object) -> tuple[str, str]:
        """A user's token with further claims."""
        return ("authorization", f"Bearer {self._signer.sign(subject, AUDIENCE, claims=claims)}")

    def service(self, name: str) -> tuple[str, str]:
        """What a service sends beside its user's token."""
        return ("x-service-authorization", f"Bearer {self.token(f'service:{name}')}")
