"""One rule compiled against one method or event type, and what it says to one call."""

from dataclasses import dataclass

from protomesh.errors import ConfigError
from protomesh.policy.cel import Environment, EvaluationError, Expression
from protomesh.policy.costly import refuse_costly
from protomesh.policy.principals import Principals
from protomesh.policy.read_values import read_values, reads_secrets
from protomesh.policy.records import Decision, Outcome, Principal, Verdict
from protomesh.policy.scope import Scope

CALLER_FIELDS = frozenset({"service", "subject"})
"""Fields of `call` that tell who calls."""
UNTOLD = "it failed, why is not told: it reads a redacted field"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the file: `index` in the file's order, `path` as `rules[3]`."""

    index: int
    path: str
    on: tuple[str, ...]
    allow: tuple[str, ...]
    who: Principals
    when: str


class CompiledRule:
    """A rule for one method. `needs_subject`: its `when` reads the end user's subject, so it needs one."""

    __slots__ = ("allowed", "include", "needs_subject", "reads_caller", "reads_request", "rule", "when")

    def __init__(self, rule: Rule, when: Expression | None) -> None:
        reads = when.reads if when else {}
        call = reads.get("call", frozenset())
        self.rule = rule
        self.when = when
        self.include = rule.who.include
        self.allowed = Decision(Outcome.ALLOW, rule.index, f"{rule.path} allows it")
        self.needs_subject = "subject" in reads.get("identity", frozenset()) | call
        self.reads_caller = "identity" in reads or not CALLER_FIELDS.isdisjoint(call)
        self.reads_request = "request" in reads

    def holds(self, scope: Scope) -> bool:
        """Whether `when` is true. False where it fails, and where it asks for the subject of nobody."""
        if self.when is None:
            return True
        if self.needs_subject and not scope.principal.subject:
            return False
        try:
            return self.when.test(scope)
        except EvaluationError:
            return False

    def could_allow(self, scope: Scope) -> bool:
        """Whether the rule might allow the same call, made by somebody who is known."""
        if self.rule.who.nobody:
            return False
        if self.reads_caller:
            return True
        return not self.rule.who.anyone and self.holds(scope)

    def verdict(self, scope: Scope) -> Verdict:
        """Everything that the rule has to say, for a person to read."""
        rule, holds, error = self.rule, None, ""
        if self.when is None:
            holds = True
        elif self.needs_subject and not scope.principal.subject:
            holds, error = False, "when reads the subject, and the caller has none"
        else:
            try:
                holds = self.when.test(scope)
            except EvaluationError as failure:
                error = UNTOLD if reads_secrets(self.when) else str(failure)
        included = rule.who.include(scope.principal)
        values = read_values(self.when, scope) if self.when and holds is not True else {}
        return Verdict(rule.index, rule.path, rule.allow, rule.when, included, holds, error, values)


def compile_rule(rule: Rule, env: Environment) -> CompiledRule:
    """Compile a rule's `when` against a method's variables. Raises ConfigError."""
    if not rule.when:
        return CompiledRule(rule, None)
    when = env.compile(rule.when)
    if when.type != "BOOL":
        raise ConfigError(f"the expression is of type {when.type}", fix="a condition is of type BOOL")
    refuse_costly(when)
    return CompiledRule(rule, when)


def known(who: Principal) -> bool:
    """Whether the caller is anybody: an end user, a service or both."""
    return bool(who.subject or who.service)
