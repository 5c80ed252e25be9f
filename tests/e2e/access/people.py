"""Who calls in the tables, with their tokens."""

from dataclasses import dataclass, field, replace

from protomesh.app.keys import ISSUER, key_path
from protomesh.clock import SystemClock
from protomesh.policy import Caller
from protomesh.tokens import Signer, new_key
from tests.support.mesh import Mesh

AUDIENCE = "shop"


@dataclass(frozen=True, slots=True)
class Token:
    """What is signed. Only those of our issuer, for our audience and in time count."""

    subject: str
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    lifetime: float = 3600.0
    audience: str = AUDIENCE
    issuer: str = ISSUER
    forged: bool = False
    """By a key of another."""

    @property
    def counts(self) -> bool:
        return (self.audience, self.issuer, self.forged) == (AUDIENCE, ISSUER, False) and self.lifetime > 0


@dataclass(frozen=True, slots=True)
class Who:
    """A user's token, a service's beside it, or neither."""

    user: Token | None = None
    service: Token | None = None

    @property
    def counts(self) -> bool:
        return all(token.counts for token in (self.user, self.service) if token)

    @property
    def seen(self) -> Caller:
        """As the policy sees them."""
        user, name = (
            self.user or Token(""),
            self.service.subject.removeprefix("service:") if self.service else "",
        )
        return Caller(user.subject, frozenset(user.roles), frozenset(user.scopes), service=name)

    @property
    def through_the_gateway(self) -> "Who":
        """It takes a service's token from beside a user's; a service alone shows its own as anybody does."""
        return replace(self, service=None) if self.user else self


def service(name: str, **more: object) -> Token:
    return replace(Token(f"service:{name}"), **more)  # type: ignore[arg-type] # fields of Token


U1, EXPIRED = Token("u1"), Token("u1", lifetime=-3600.0)
OWN = "own"
"""A user of their own for each case, whose subject is the user that the case is on."""

PEOPLE: dict[str, Who] = {
    "nobody": Who(),
    "u1": Who(U1),
    "u2": Who(Token("u2")),
    "admin": Who(Token("root", ("admin",))),
    "carrier": Who(Token("u3", ("carrier",))),
    "capital Admin": Who(Token("u3", ("Admin", "ADMIN", "role:admin", "admin,carrier"))),
    "scoped": Who(Token("u4", scopes=("admin", "role:admin", "service:orders", "users.read"))),
    "named admin": Who(Token("admin")),
    "named orders": Who(Token("orders")),
    "orders": Who(service=service("orders")),
    "fulfil_order": Who(service=service("fulfil_order")),
    "welcome_email": Who(service=service("welcome_email")),
    "release_order": Who(service=service("release_order")),
    "users": Who(service=service("users")),
    "nightly_cleanup": Who(service=service("nightly_cleanup")),
    "mystery": Who(service=service("mystery")),
    "role in service": Who(service=service("mystery", roles=("admin",))),
    "orders for u1": Who(U1, service("orders")),
    "fulfil_order for u1": Who(U1, service("fulfil_order")),
    "mystery for admin": Who(Token("root", ("admin",)), service("mystery")),
    "expired": Who(EXPIRED),
    "expired admin": Who(replace(EXPIRED, subject="root", roles=("admin",))),
    "expired service": Who(service=service("fulfil_order", lifetime=-3600.0)),
    "other audience": Who(Token("u1", audience="bank")),
    "other issuer": Who(Token("u1", issuer="https://login.example")),
    "forged": Who(Token("u1", forged=True)),
    "forged admin": Who(Token("root", ("admin",), forged=True)),
    "forged service": Who(service=service("fulfil_order", forged=True)),
}


def person(name: str, own: str) -> Who:
    """`own` is the user that the case is on."""
    return Who(Token(own)) if name == OWN else PEOPLE[name]


@dataclass(frozen=True, slots=True)
class Press:
    """Signs tokens: with the mesh's own key, and with one that it does not know."""

    pem: str
    stranger: str = field(default_factory=new_key)

    @classmethod
    def of(cls, mesh: Mesh) -> "Press":
        return cls(key_path(mesh.state_dir).read_text())

    def sign(self, token: Token) -> str:
        signer = Signer(self.stranger if token.forged else self.pem, "", token.issuer, SystemClock())
        return signer.sign(
            token.subject,
            token.audience,
            roles=token.roles,
            scopes=token.scopes,
            lifetime_seconds=token.lifetime,
        )

    def bearer(self, token: Token) -> str:
        return f"Bearer {self.sign(token)}"
