"""What a security policy says but hardly means: warnings, each with its place and reason."""

from collections.abc import Collection

from protomesh.contract import Contract
from protomesh.policy.lint.callers import roles_without_grant, unknown_services, unneeded_issuers
from protomesh.policy.lint.finding import Finding
from protomesh.policy.lint.idle import constant_conditions, idle_principals, unreachable_rules
from protomesh.policy.lint.wide import open_user_paths, wide_writes
from protomesh.policy.security import SecurityPolicy

__all__ = [
    "Finding",
    "constant_conditions",
    "idle_principals",
    "lint_security",
    "open_user_paths",
    "roles_without_grant",
    "unknown_services",
    "unneeded_issuers",
    "unreachable_rules",
    "wide_writes",
]


def lint_security(
    policy: SecurityPolicy, contract: Contract, callers: Collection[str]
) -> tuple[Finding, ...]:
    """All warnings, each once, in the order of the lints; `callers` are services, functions and clients."""
    found = (
        *unreachable_rules(policy),
        *idle_principals(policy),
        *constant_conditions(policy),
        *wide_writes(policy, contract),
        *open_user_paths(policy, contract),
        *roles_without_grant(policy),
        *unknown_services(policy, callers),
        *unneeded_issuers(policy),
    )
    return tuple(dict.fromkeys(found))
