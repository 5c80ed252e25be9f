"""The rules of a security policy: read from the file, resolved and compiled against the contract."""

from collections.abc import Iterable, Iterator, Mapping

from protomesh.contract import Contract, Kind, Method, event_pattern, nearest, resolve
from protomesh.contract.selectors import EVERY
from protomesh.errors import ConfigError
from protomesh.policy.cel import Environment
from protomesh.policy.document import place
from protomesh.policy.principals import parse_principals
from protomesh.policy.rules import CompiledRule, Rule, compile_rule
from protomesh.policy.scope import SCOPE_TYPES
from protomesh_pb.mesh.policy.v1 import security_pb2

FOREIGN_METHODS: Mapping[str, Method] = {
    f"{service}/ServerReflectionInfo": Method(
        service, "ServerReflectionInfo", "", "", Kind.BIDI, bindings=(), read_only=True, available=""
    )
    for service in ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
}
"""Methods outside the contract that a rule may name; without one they are refused. Health has no rule."""


def read_rules(rules: Iterable[security_pb2.SecurityRule], where: str) -> list[Rule]:
    """The rules of a file, with their principals parsed. Raises ConfigError."""
    found: list[Rule] = []
    seen: dict[tuple[frozenset[str], frozenset[str], str], str] = {}
    for index, rule in enumerate(rules):
        path = f"rules[{index}]"
        read = _rule(index, path, rule, where)
        key = (frozenset(read.on), frozenset(read.allow), read.when)
        if key in seen:
            raise ConfigError(f"says the same as {seen[key]}", where=place(where, path))
        seen[key] = path
        found.append(read)
    return found


def compile_methods(
    contract: Contract, rules: Iterable[Rule], where: str
) -> dict[str, tuple[CompiledRule, ...]]:
    """Every method that a rule names, with its rules in the file's order. Raises ConfigError."""
    found: dict[str, list[CompiledRule]] = {}
    environments: dict[str, Environment] = {}
    for rule in rules:
        for method in _methods(contract, rule, where):
            env = environments.get(method.full_name)
            if env is None:
                env = environments[method.full_name] = Environment(_variables(method))
            found.setdefault(method.full_name, []).append(_compiled(rule, method.full_name, env, where))
    return {name: tuple(compiled) for name, compiled in found.items()}


def _rule(index: int, path: str, rule: security_pb2.SecurityRule, where: str) -> Rule:
    if not rule.on:
        raise ConfigError("a rule names at least one method", where=place(where, f"{path}.on"))
    doubled = next((text for text in rule.on if list(rule.on).count(text) > 1), "")
    if doubled:
        raise ConfigError(f"'{doubled}' stands twice", where=place(where, f"{path}.on"))
    try:
        who = parse_principals(rule.allow)
    except ConfigError as error:
        raise ConfigError(error.what, where=place(where, f"{path}.allow"), fix=error.fix) from None
    return Rule(index, path, tuple(rule.on), tuple(rule.allow), who, rule.when)


def _methods(contract: Contract, rule: Rule, where: str) -> Iterator[Method]:
    """The methods of a rule, each once, though several of its selectors may name it."""
    found: dict[str, Method] = {}
    for at, selector in enumerate(rule.on):
        if event_pattern(selector) is not None:
            continue
        try:
            named = _resolve(contract, selector)
        except ConfigError as error:
            spot = place(where, f"{rule.path}.on[{at}]")
            raise ConfigError(error.what, where=spot, fix=error.fix) from None
        found.update((method.full_name, method) for method in named)
    yield from found.values()


def _resolve(contract: Contract, selector: str) -> tuple[Method, ...]:
    if selector == EVERY:
        raise ConfigError("'**' would open internal methods too", fix="name services or paths")
    if selector in FOREIGN_METHODS:
        return (FOREIGN_METHODS[selector],)
    if selector.startswith("event "):
        raise ConfigError(f"'{selector}' names no event type", fix="write 'event shop.orders.*'")
    if selector.startswith("grpc.reflection."):
        raise ConfigError(f"'{selector}' matches no method{nearest(selector, FOREIGN_METHODS)}")
    return resolve(contract, selector)


def _variables(method: Method) -> dict[str, str]:
    variables = {name: SCOPE_TYPES[name] for name in ("identity", "call")}
    return {**variables, "request": method.request} if method.request else variables


def _compiled(rule: Rule, method: str, env: Environment, where: str) -> CompiledRule:
    try:
        return compile_rule(rule, env)
    except ConfigError as error:
        spot = place(where, f"{rule.path}.when")
        raise ConfigError(f"for {method}: {error.what}", where=spot, fix=error.fix) from None
