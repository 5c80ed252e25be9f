"""The rules `event TYPE`: who may receive an event of that type."""

from collections.abc import Iterable, Iterator, Mapping

from google.protobuf.message import Message

from protomesh.contract import Contract, event_matches, event_pattern, nearest
from protomesh.errors import ConfigError
from protomesh.policy.cel import DYNAMIC, Environment
from protomesh.policy.document import place
from protomesh.policy.method import MethodPolicy
from protomesh.policy.records import Decision, EventFacts, Principal
from protomesh.policy.rules import CompiledRule, Rule, compile_rule
from protomesh.policy.scope import SCOPE_TYPES, Scope


class EventAccess:
    """Decides by event type; each type known at load has its own typed rules, others untyped ones."""

    def __init__(
        self, contract: Contract, rules: Iterable[Rule], types: Mapping[str, str], where: str
    ) -> None:
        self._patterns = list(_patterns(rules, types, where))
        untyped = Environment(_variables(DYNAMIC))
        self._untyped = [
            (pattern, _compiled(rule, untyped, pattern, where)) for pattern, rule in self._patterns
        ]
        self._typed = {
            name: MethodPolicy(name, self._rules(name, _known(contract, message), where))
            for name, message in types.items()
        }

    def decide(self, who: Principal, event: EventFacts, data: Message | None) -> Decision:
        """Whether somebody may receive this event. Never raises."""
        policy = self._typed.get(event.type) or MethodPolicy(
            event.type, [rule for pattern, rule in self._untyped if event_matches(pattern, event.type)]
        )
        return policy.decide(Scope(who, event=event, data=data))

    def _rules(self, name: str, message: str, where: str) -> list[CompiledRule]:
        env = Environment(_variables(message))
        return [
            _compiled(rule, env, name, where)
            for pattern, rule in self._patterns
            if event_matches(pattern, name)
        ]


def _patterns(rules: Iterable[Rule], types: Mapping[str, str], where: str) -> Iterator[tuple[str, Rule]]:
    for rule in rules:
        for at, selector in enumerate(rule.on):
            pattern = event_pattern(selector)
            if pattern is None:
                continue
            if types and not any(event_matches(pattern, name) for name in types):
                spot = place(where, f"{rule.path}.on[{at}]")
                raise ConfigError(f"'{selector}' matches no event type{nearest(pattern, types)}", where=spot)
            yield pattern, rule


def _compiled(rule: Rule, env: Environment, name: str, where: str) -> CompiledRule:
    try:
        return compile_rule(rule, env)
    except ConfigError as error:
        spot = place(where, f"{rule.path}.when")
        raise ConfigError(f"for event {name}: {error.what}", where=spot, fix=error.fix) from None


def _variables(data: str) -> dict[str, str]:
    return {**{name: SCOPE_TYPES[name] for name in ("identity", "event")}, "data": data}


def _known(contract: Contract, message: str) -> str:
    """A message's name where the contract has it, else `dyn`."""
    try:
        contract.descriptor(message)
    except KeyError:
        return DYNAMIC
    return message
