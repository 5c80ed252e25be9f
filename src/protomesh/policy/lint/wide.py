"""Rules that allow more than their neighbours."""

from collections.abc import Iterator

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.contract.selectors import shape
from protomesh.policy.cel import Expression
from protomesh.policy.lint.finding import Finding, conditions
from protomesh.policy.read_values import path_of
from protomesh.policy.rules import CompiledRule
from protomesh.policy.security import SecurityPolicy

OWNER = "user_id"
"""The path variable that names an owner in any contract; others are learned from the conditions."""


def wide_writes(policy: SecurityPolicy, contract: Contract) -> Iterator[Finding]:
    """`anyone`, without a condition, on a method that changes what not everybody may read.

    The read is a GET of the same path, whatever its variables are called and whatever verb stands behind it.
    Paths without variables are left out: to register, a visitor creates a user.
    """
    reads = [
        method for method in contract.methods.values() if _reads(method) and _named_by_some(policy, method)
    ]
    public = {key for method in reads if _open(policy, method) for key in _keys(method)}
    closed = {key: method for method in reads for key in _keys(method) if key not in public}
    for method in contract.methods.values():
        rule = None if _reads(method) else _open(policy, method)
        read = next((closed[key] for key in _keys(method) if key in closed), None)
        if rule is not None and read is not None:
            reason = f"anyone may call {_named(method)}, but reading, {_named(read)}, needs more"
            yield Finding(f"{rule.rule.path}.allow", "wide-write", reason)


def open_user_paths(policy: SecurityPolicy, contract: Contract) -> Iterator[Finding]:
    """`authenticated`, without a condition, on a path that names a user: each may do it for all others."""
    owners = {OWNER, *(name for rule in conditions(policy) for name in _owners(rule.when))}
    for method in contract.methods.values():
        variables = [name for http in method.bindings for name in http.variables if name in owners]
        if not variables or _open(policy, method) is not None:
            continue
        for rule in _rules(policy, method):
            if rule.when is None and rule.rule.who.authenticated:
                reason = (
                    f"every user may call {_named(method)} for every other {{{variables[0]}}}: "
                    f'add "when": "request.{variables[0]} == identity.subject"'
                )
                yield Finding(rule.rule.path, "open-user-path", reason)


def _rules(policy: SecurityPolicy, method: Method) -> tuple[CompiledRule, ...]:
    return policy.compile_method(method.full_name).rules


def _named_by_some(policy: SecurityPolicy, method: Method) -> bool:
    """Whether anybody at all may call it."""
    return any(not rule.rule.who.nobody for rule in _rules(policy, method))


def _open(policy: SecurityPolicy, method: Method) -> CompiledRule | None:
    """The rule that lets anyone through."""
    rules = _rules(policy, method)
    return next((rule for rule in rules if rule.when is None and rule.rule.who.anyone), None)


def _reads(method: Method) -> bool:
    return method.read_only or any(http.verb == "GET" for http in method.bindings)


def _keys(method: Method) -> Iterator[tuple[str, ...]]:
    """The paths that a method is about."""
    return (shape(http.pattern).segments for http in method.bindings if http.variables)


def _named(method: Method) -> str:
    first: HttpBinding | None = next(iter(method.bindings), None)
    return f"{first.verb} {first.template}" if first else method.full_name


def _owners(when: Expression | None) -> Iterator[str]:
    """Fields of the request that are compared with the caller's subject."""
    for node in when.tree.walk() if when else ():
        if when and node.kind == "call" and node.name == "_==_":
            names = [str(path_of(child, when.variables)) for child in node.children]
            if "identity.subject" in names:
                yield from (name.partition(".")[2] for name in names if name.startswith("request."))
