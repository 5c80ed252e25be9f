"""Security Requirement objects: what the security policy says of a method, as far as a client has to know."""

from collections.abc import Iterator
from dataclasses import dataclass

from protomesh.contract import Method
from protomesh.gateway.objects import Json, Object
from protomesh.policy import SecurityPolicy
from protomesh.tokens import COOKIE

BEARER, SESSION = "bearer", "cookie"

SCHEMES: Object = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "`Authorization: Bearer TOKEN`; counts before the cookie.",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "From the login page. Changes are made with it only from pages of this origin.",
    },
}


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a method: everybody, or those of one of the groups."""

    open: bool
    groups: tuple[str, ...]
    """`""` for whoever is known, else `role:admin` or `scope:orders`."""
    login: str
    """Where a visitor is sent to log in, empty for nowhere."""

    def requirements(self) -> list[Json]:
        """`security`: one that holds is enough; none where anyone may call."""
        groups = () if self.open else self.groups
        return [{scheme: [group] if group else []} for group in groups for scheme in (BEARER, SESSION)]


def access(policy: SecurityPolicy | None, method: Method) -> Access:
    """Without a policy, or a rule that names users: whoever is known, so that nothing more is promised."""
    if policy is None:
        return Access(open=False, groups=("",), login="")
    rules = policy.compile_method(method.full_name).rules
    if any(rule.rule.who.anyone and not rule.reads_caller for rule in rules):
        return Access(open=True, groups=(), login=policy.login)
    named = {group for rule in rules for group in _groups(rule.rule.allow)}
    return Access(
        open=False, groups=("",) if "" in named or not named else tuple(sorted(named)), login=policy.login
    )


def _groups(allow: tuple[str, ...]) -> Iterator[str]:
    """Services and single subjects are the mesh's own business, and are not told."""
    for each in allow:
        if each in {"anyone", "authenticated"} or each.startswith("subject:"):
            yield ""
        elif each.startswith(("role:", "scope:")):
            yield each
