"""Expressions that a caller could make take minutes: refused when the policy is read."""

from protomesh.errors import ConfigError
from protomesh.policy.cel import Expression


def refuse_costly(expression: Expression) -> None:
    """Raise ConfigError where an expression may cost far more than its input is long."""
    name = costly(expression)
    if name:
        fix = "write what is looked for into the rule, as a text"
        raise ConfigError(f"`{name}` looks for what the caller says, which may take minutes", fix=fix)


def costly(when: Expression) -> str:
    """What in an expression costs more than its input is long, or empty.

    CEL searches a text for another in the product of their lengths, and compiles a pattern for each call;
    both are fine where the rule itself says what is looked for. Python searches in linear time.
    """
    for node in when.tree.walk():
        if node.kind != "call" or node.name not in {"contains", "matches"}:
            continue
        sought = node.children[-1]
        if sought.kind != "const" and (node.name == "matches" or when.native is None):
            return node.name
    return ""
