"""Whether the tables say enough, counted by the policy itself and not by what a case calls itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from protomesh.contract import resolve
from protomesh.policy import CallFacts, Explanation, Outcome, SecurityPolicy, load_security
from protomesh.policy.parse_rules import FOREIGN_METHODS
from protomesh.policy.rules import Rule
from tests.e2e.access.people import person
from tests.e2e.access.requests import BUILD, named
from tests.e2e.access.table import CASES, Case, Expected
from tests.e2e.access.targets import OnPaper, target
from tests.support.contracts import ROOT, load_shop

CONTRACT = load_shop()
POLICY: SecurityPolicy = load_security(ROOT / "policies" / "security.json", CONTRACT)
SAYS = {200: Outcome.ALLOW, 401: Outcome.UNAUTHENTICATED, 403: Outcome.DENIED}


@dataclass(frozen=True)
class Told:
    """A case, at the service or at the gateway, and what `explain` says of it."""

    case: Case
    expected: Expected
    found: Explanation

    @property
    def by_when(self) -> bool:
        """Whether a rule names the caller, and only its `when` refuses."""
        refused = [each for each in self.found.verdicts if each.included and each.when and not each.allows]
        return self.found.decision.outcome is Outcome.DENIED and bool(refused)


def _told() -> Iterator[Told]:
    for case in CASES:
        method = named(CONTRACT, case.call)
        to = target(method.service, case.call, case.on, OnPaper())
        who = person(case.who, to.user)
        if not who.counts:
            continue
        call, message = CallFacts(method.full_name), BUILD[case.call](to)
        yield Told(case, case.straight, POLICY.explain(method.full_name, who.seen, call, message))
        if method.bindings:
            outside = POLICY.explain(method.full_name, who.through_the_gateway.seen, call, message)
            yield Told(case, case.gateway, outside)


TOLD = list(_told())


def test_explain_says_what_the_mesh_does() -> None:
    for told in TOLD:
        assert told.found.decision.outcome is SAYS[told.expected.decision], f"{told.case}: {told.found}"


def test_a_token_that_does_not_count_is_refused_everywhere() -> None:
    bad = [case for case in CASES if not person(case.who, "").counts]
    assert {case.straight.status for case in bad} == {401}
    assert {case.gateway.status for case in bad} == {401}
    assert {case.call for case in bad} == {case.call for case in CASES}, "a method was not asked with any"


def test_only_a_services_token_beside_a_users_makes_a_difference() -> None:
    for case in CASES:
        who = person(case.who, "")
        assert case.straight == case.gateway or (who.user and who.service), case


def test_there_are_enough_cases_and_none_twice() -> None:
    asked = [(case.who, case.call, case.on) for case in CASES]
    assert len(set(asked)) == len(asked), sorted({each for each in asked if asked.count(each) > 1})
    assert len(asked) >= 150


def test_enough_are_refused_by_a_condition() -> None:
    assert len({told.case for told in TOLD if told.by_when}) >= 40


def test_every_method_is_asked_and_refused() -> None:
    called = {named(CONTRACT, case.call).full_name for case in CASES}
    assert called == {*CONTRACT.methods, *FOREIGN_METHODS}
    refused = {named(CONTRACT, case.call).full_name for case in CASES if case.straight.decision == 401}
    assert called == refused


def methods_of(rule: Rule) -> set[str]:
    """What a rule is on, one method a name."""
    foreign = FOREIGN_METHODS.keys() & set(rule.on)
    own = (method for on in rule.on if on not in foreign for method in resolve(CONTRACT, on))
    return {*foreign, *(method.full_name for method in own)}


def let_in(rule: Rule) -> list[Told]:
    """The cases that the rule lets in, and that come to a good end."""
    return [
        told
        for told in TOLD
        if told.expected.status < 400
        and any(each.rule == rule.index and each.allows for each in told.found.verdicts)
    ]


def test_every_rule_lets_somebody_in_to_each_of_its_methods() -> None:
    for rule in POLICY.rules:
        missing = methods_of(rule) - {named(CONTRACT, told.case.call).full_name for told in let_in(rule)}
        assert not missing, f"{rule.path}: nobody is let in to {missing}"


def test_every_service_and_role_that_a_rule_names_is_let_in() -> None:
    for rule in POLICY.rules:
        callers = {told.case.who for told in let_in(rule)}
        wanted = {name.partition(":")[2] for name in rule.allow if ":" in name}
        assert wanted <= callers, f"{rule.path}: never let in: {wanted - callers}"


def test_every_condition_keeps_somebody_out_of_each_of_its_methods() -> None:
    for rule in POLICY.rules:
        kept_out = {
            named(CONTRACT, told.case.call).full_name
            for told in TOLD
            if told.by_when and any(each.rule == rule.index and each.included for each in told.found.verdicts)
        }
        missing = methods_of(rule) - kept_out if rule.when else set()
        assert not missing, f"{rule.path}: nobody is kept out of {missing}"
