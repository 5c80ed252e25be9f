"""What could be taken out of a policy without any decision changing."""

from collections.abc import Iterable, Iterator

from protomesh.contract import event_matches, event_pattern
from protomesh.policy.lint.finding import Finding, conditions, listed
from protomesh.policy.principals import Principals
from protomesh.policy.rules import Rule
from protomesh.policy.security import SecurityPolicy

Targets = dict[int, set[str]]
"""What each rule is on: methods, and patterns of events."""


def unreachable_rules(policy: SecurityPolicy) -> Iterator[Finding]:
    """Rules all of whose callers are let through by other rules, without a condition, wherever they stand.

    All that are found may be taken out together: a rule that was found counts for no later one. Those with a
    condition are looked at first, then the last ones, so that the more general rule stays.
    """
    targets = _targets(policy)
    standing = {rule.index: rule for rule in policy.rules}
    for rule in sorted(policy.rules, key=lambda each: (not each.when, -each.index)):
        others = [other for other in standing.values() if other.index != rule.index]
        needless = _covering(rule, others, targets)
        if needless:
            del standing[rule.index]
            yield Finding(rule.path, "unreachable-rule", _why(rule, needless))


def idle_principals(policy: SecurityPolicy) -> Iterator[Finding]:
    """Names in `allow` beside a wider word."""
    for rule in policy.rules:
        for at, name in enumerate(rule.allow):
            wider = _wider(rule.who, name)
            if wider:
                yield Finding(f"{rule.path}.allow[{at}]", "idle-principal", f"'{wider}' includes '{name}'")


def constant_conditions(policy: SecurityPolicy) -> Iterator[Finding]:
    """Conditions that read nothing of the call."""
    found = {
        rule.rule.path: rule.rule.when for rule in conditions(policy) if rule.when and not rule.when.reads
    }
    for path, when in found.items():
        reason = f"`{when}` reads nothing of the call, so that it is always the same"
        yield Finding(f"{path}.when", "constant-condition", reason)


def _targets(policy: SecurityPolicy) -> Targets:
    found: Targets = {rule.index: set() for rule in policy.rules}
    for name, method in policy.methods.items():
        for compiled in method.rules:
            found[compiled.rule.index].add(name)
    for rule in policy.rules:
        found[rule.index].update(selector for selector in rule.on if event_pattern(selector) is not None)
    return found


def _covering(rule: Rule, others: Iterable[Rule], targets: Targets) -> list[Rule]:
    """The rules that make this one needless, none where it is needed anywhere."""
    used: dict[int, Rule] = {}
    for target in targets[rule.index]:
        there = [other for other in others if any(_takes_in(each, target) for each in targets[other.index])]
        there = [other for other in there if not other.who.nobody and (rule.who.nobody or not other.when)]
        if not there or not _include(there, rule.who):
            return []
        used.update((other.index, other) for other in there)
    return [used[index] for index in sorted(used)]


def _takes_in(wide: str, narrow: str) -> bool:
    """Whether a method is the same, or a pattern of events is part of another."""
    pattern, inner = event_pattern(wide), event_pattern(narrow)
    if pattern is None or inner is None:
        return wide == narrow
    return event_matches(pattern, inner)


def _include(rules: Iterable[Rule], who: Principals) -> bool:
    """Whether the rules together name everybody whom `who` names."""
    if any(rule.who.anyone for rule in rules):
        return True
    named = [rule.who for rule in rules]
    users = any(each.authenticated for each in named)
    wanted = {*_users(who), *(("service", name) for name in who.services)}
    have = {pair for each in named for pair in (*_users(each), *(("service", s) for s in each.services))}
    missing = wanted - have
    return not who.anyone and all(users and kind != "service" for kind, _ in missing)


def _users(who: Principals) -> Iterator[tuple[str, str]]:
    """The end users whom a rule names, as pairs of a form and a name."""
    if who.authenticated:
        yield "authenticated", ""
    for form, names in (("role", who.roles), ("scope", who.scopes), ("subject", who.subjects)):
        yield from ((form, name) for name in names)


def _why(rule: Rule, others: list[Rule]) -> str:
    paths = [other.path for other in others]
    verb = "allows" if len(paths) == 1 else "allow"
    if rule.who.nobody:
        return f'"allow": [] refuses nobody where another rule allows, and {listed(paths)} {verb} somebody'
    return f"whomever it allows, {listed(paths)} {verb} already, without a condition"


def _wider(who: Principals, name: str) -> str:
    """The word of the same rule that includes a name."""
    if who.anyone and name != "anyone":
        return "anyone"
    user = name.partition(":")[0] in {"role", "scope", "subject"}
    return "authenticated" if who.authenticated and user else ""
