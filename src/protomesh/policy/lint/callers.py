"""Callers whom a policy names and nobody can be, and issuers whose tokens nothing asks for."""

from collections.abc import Collection, Iterator

from protomesh.contract import event_pattern, nearest
from protomesh.policy.checked import Node
from protomesh.policy.lint.finding import Finding, conditions
from protomesh.policy.rules import CALLER_FIELDS, Rule
from protomesh.policy.security import SecurityPolicy, TrustedIssuer

MESH = "mesh"
DEVELOPMENT = "development:"
"""How `jwks` begins with the keys of `protomesh token`."""


def roles_without_grant(policy: SecurityPolicy) -> Iterator[Finding]:
    """Roles that no grant gives. Issuers that are not the mesh's own may give any."""
    if not all(_own(issuer) for issuer in policy.issuers):
        return
    granted = {role for role, subjects in policy.grants.items() if subjects}
    for path, role in dict.fromkeys(_roles(policy)):
        if role not in granted:
            reason = f"nobody has the role '{role}', no grant gives it{nearest(role, granted)}"
            yield Finding(path, "role-without-grant", reason)


def unknown_services(policy: SecurityPolicy, callers: Collection[str]) -> Iterator[Finding]:
    """Services that are none of `callers`. An issuer that is not the mesh's own may know others."""
    if any(issuer.services and not _own(issuer) for issuer in policy.issuers):
        return
    for rule in policy.rules:
        for at, text in enumerate(rule.allow):
            form, _, name = text.partition(":")
            if form == "service" and name not in callers:
                reason = f"'{name}' is no service, function or client of this mesh{nearest(name, callers)}"
                yield Finding(f"{rule.path}.allow[{at}]", "unknown-service", reason)


def unneeded_issuers(policy: SecurityPolicy) -> Iterator[Finding]:
    """Issuers for whose callers no rule asks."""
    users = any(_asks_for_users(rule) for rule in policy.rules)
    services = any(rule.who.services for rule in policy.rules)
    for rule in conditions(policy):
        reads = rule.when.reads if rule.when else {}
        users = users or "identity" in reads or "subject" in reads.get("call", ())
        services = services or not CALLER_FIELDS.isdisjoint(reads.get("call", ()))
    for issuer in policy.issuers:
        if not users and not (issuer.services and services):
            reason = f"no rule asks for a caller whom '{issuer.issuer}' could name"
            yield Finding(issuer.path, "unneeded-issuer", reason)


def _own(issuer: TrustedIssuer) -> bool:
    return issuer.issuer == MESH or issuer.jwks.startswith(DEVELOPMENT)


def _roles(policy: SecurityPolicy) -> Iterator[tuple[str, str]]:
    """Where a role is named, and the role."""
    for rule in policy.rules:
        for at, text in enumerate(rule.allow):
            form, _, name = text.partition(":")
            if form == "role":
                yield f"{rule.path}.allow[{at}]", name
    for compiled in conditions(policy):
        if compiled.when:
            yield from ((f"{compiled.rule.path}.when", role) for role in _roles_read(compiled.when.tree))


def _roles_read(tree: Node) -> Iterator[str]:
    """`'admin' in identity.roles` names a role, too."""
    for node in tree.walk():
        if node.kind == "call" and node.name == "@in":
            item, items = node.children
            roles = items.kind == "select" and items.name == "roles" and items.children[0].name == "identity"
            if roles and isinstance(item.value, str):
                yield item.value


def _asks_for_users(rule: Rule) -> bool:
    """By whom it names; a rule for events asks for the user whose webhook it is."""
    who = rule.who
    named = who.authenticated or bool(who.roles | who.scopes | who.subjects)
    return named or any(event_pattern(selector) is not None for selector in rule.on)
