"""Event rules compiled: which variables each stage has, and every expression checked against its type."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from google.protobuf.message import Message

from protomesh.contract import Contract, Method
from protomesh.errors import ConfigError
from protomesh.policy.cel import Environment, Expression
from protomesh.policy.costly import refuse_costly
from protomesh.policy.defaults import default_key, default_subject
from protomesh.policy.document import place
from protomesh.policy.emit import CompiledEmit
from protomesh.policy.redact import Redactor
from protomesh.policy.scope import SCOPE_TYPES, Scope, binder, whole
from protomesh_pb.mesh.policy.v1 import events_pb2

Stage = Literal["before", "after", "failed", "denied"]
STAGES: tuple[Stage, ...] = get_args(Stage)

DATA: Mapping[Stage, tuple[str, ...]] = {
    "before": ("request", "call"),
    "after": ("response", "request", "call"),
    "failed": ("error",),
    "denied": ("call",),
}
"""What an event says by default: the first of these that the method has."""


class EmitCompiler:
    """Compiles rules method by method; methods and stages that see the same have one environment."""

    def __init__(self, contract: Contract, redactor: Redactor, where: str) -> None:
        self._contract = contract
        self._redactor = redactor
        self._where = where
        self._environments: dict[tuple[tuple[str, str], ...], Environment] = {}

    def compile(self, rule: events_pb2.EventRule, stage: Stage, method: Method, path: str) -> CompiledEmit:
        """Compile one rule for one method. Raises ConfigError naming file, JSON path and method."""
        env = self._environment(method, stage)

        def part(name: str, source: str, wanted: str) -> Expression | None:
            return self._part(env, source, wanted, method, f"{path}.{name}")

        when, key = part("when", rule.when, "BOOL"), part("key", rule.key, "STRING")
        subject, data = part("subject", rule.subject, "STRING"), part("data", rule.data, "")
        messages = {name: env.variables[name] for name in ("response", "request") if name in env.variables}
        data_name = next(name for name in DATA[stage] if name in env.variables)
        return CompiledEmit(
            path=path,
            topic=rule.topic,
            type=rule.type,
            data_type=data.type if data else env.variables[data_name],
            when=when.test if when else None,
            key=key.value if key else default_key(self._contract, messages),
            subject=subject.value if subject else default_subject(self._contract, messages),
            data=_data(data, data_name),
        )

    def _environment(self, method: Method, stage: Stage) -> Environment:
        variables = _variables(method, stage)
        key = tuple(sorted(variables.items()))
        if key not in self._environments:
            self._environments[key] = Environment(variables)
        return self._environments[key]

    def _part(
        self, env: Environment, source: str, wanted: str, method: Method, path: str
    ) -> Expression | None:
        """One expression; `wanted` empty means any message."""
        if not source:
            return None
        spot = place(self._where, path)
        try:
            expression = env.compile(source)
            refuse_costly(expression)
        except ConfigError as error:
            raise ConfigError(f"for {method.full_name}: {error.what}", where=spot, fix=error.fix) from None
        if not (expression.type == wanted if wanted else expression.is_message):
            fix = f"it must be of type {wanted}" if wanted else "it must be a message"
            raise ConfigError(f"for {method.full_name}: of type {expression.type}", where=spot, fix=fix)
        if secret := self._redactor.named(expression.tree, env.variables.values()):
            fix = "a debug_redact field never leaves in an event"
            raise ConfigError(f"for {method.full_name}: names {secret}", where=spot, fix=fix)
        return expression


def _variables(method: Method, stage: Stage) -> dict[str, str]:
    """What a stage can read. Streams have no single message; a refused request may be undecoded."""
    variables = {name: SCOPE_TYPES[name] for name in ("identity", "call")}
    if stage == "failed":
        variables["error"] = SCOPE_TYPES["error"]
    if stage != "denied" and not method.streams_request:
        variables["request"] = method.request
    if stage == "after" and not method.streams_response:
        variables["response"] = method.response
    return variables


def _data(expression: Expression | None, name: str) -> Callable[[Scope], Message]:
    """How the event's message is taken: a whole variable as it is, anything else by CEL."""
    if expression is not None and expression.tree.kind != "ident":
        return expression.value
    source = expression.tree.name if expression else name
    return whole(source) if source in SCOPE_TYPES else binder(source, frozenset())
