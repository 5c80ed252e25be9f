"""The decision: all rules of one method, or of one event type, folded into one call."""

from collections.abc import Sequence

from google.protobuf.message import Message

from protomesh.policy.records import CallFacts, Decision, Explanation, Outcome, Principal
from protomesh.policy.rules import CompiledRule, known
from protomesh.policy.scope import Scope


class MethodPolicy:
    """Who may call one method: bind it once, call it for every call. Thread safe, never changes.

    `needs_request` says whether any `when` reads the request: if not, the decision can come before decoding,
    and for a stream before its first message.
    """

    __slots__ = ("_conditional", "_denied", "_open", "_unauthenticated", "method", "needs_request", "rules")

    def __init__(self, method: str, rules: Sequence[CompiledRule]) -> None:
        self.method = method
        self.needs_request = any(rule.reads_request for rule in rules)
        self.rules = tuple(rules)
        # Rules without a condition first: a union has no order, and these cost next to nothing.
        self._open = tuple((rule.include, rule.allowed) for rule in rules if rule.when is None)
        self._conditional = tuple(rule for rule in rules if rule.when is not None)
        why = "no rule allows this caller" if rules else "no rule names this method"
        self._denied = Decision(Outcome.DENIED, None, why)
        self._unauthenticated = Decision(
            Outcome.UNAUTHENTICATED, None, "no rule allows a caller without identity"
        )

    def __call__(self, who: Principal, call: CallFacts, request: Message | None = None) -> Decision:
        """Decide. Never raises; without the request, rules whose `when` reads it do not allow."""
        for include, allowed in self._open:
            if include(who):
                return allowed
        return self._weigh(Scope(who, call, request=request))

    def refusal(self, who: Principal) -> Decision | None:
        """The refusal of a caller whom no request could help; None where the decision depends on more.

        A visitor is asked for an identity wherever a rule names somebody: what its `when` would say of the
        request is not known yet.
        """
        for rule in self.rules:
            if rule.include(who) and (who.subject or not rule.needs_subject):
                return None
        if known(who) or all(rule.rule.who.nobody for rule in self.rules):
            return self._denied
        return self._unauthenticated

    def decide(self, scope: Scope) -> Decision:
        """Decide with all variables given."""
        for include, allowed in self._open:
            if include(scope.principal):
                return allowed
        return self._weigh(scope)

    def explain(self, who: Principal, call: CallFacts, request: Message | None = None) -> Explanation:
        """The same decision with what every rule said."""
        scope = Scope(who, call, request=request)
        return Explanation(self.decide(scope), tuple(rule.verdict(scope) for rule in self.rules))

    def _weigh(self, scope: Scope) -> Decision:
        """Decide by the rules that have a condition, the others having said nothing."""
        for rule in self._conditional:
            if rule.include(scope.principal) and rule.holds(scope):
                return rule.allowed
        if known(scope.principal):
            return self._denied
        helps = any(rule.could_allow(scope) for rule in self.rules)
        return self._unauthenticated if helps else self._denied
