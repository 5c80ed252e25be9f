"""The events policy: policies/events.json compiled against the contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from protomesh.contract import Contract, Method, nearest, resolve
from protomesh.errors import ConfigError
from protomesh.policy.compile_emit import STAGES, EmitCompiler, Stage
from protomesh.policy.document import place, read_document
from protomesh.policy.emit import CompiledEmit
from protomesh.policy.records import CallFacts, ErrorFacts, Principal
from protomesh.policy.redact import Redactor
from protomesh.policy.scope import Scope
from protomesh.policy.topics import NAME, Topic, read_topics
from protomesh_pb.mesh.policy.v1 import events_pb2


@dataclass(frozen=True, slots=True)
class MethodEvents:
    """What one method emits, by stage, in the file's order."""

    redactor: Redactor
    before: tuple[CompiledEmit, ...] = ()
    after: tuple[CompiledEmit, ...] = ()
    failed: tuple[CompiledEmit, ...] = ()
    denied: tuple[CompiledEmit, ...] = ()

    def scope(
        self,
        who: Principal,
        call: CallFacts,
        *,
        request: Message | None = None,
        response: Message | None = None,
        error: ErrorFacts | None = None,
    ) -> Scope:
        """What expressions see: the messages without their redacted fields. One for each stage."""
        copy = self.redactor.copy
        return Scope(
            who,
            call,
            request=None if request is None else copy(request),
            response=None if response is None else copy(response),
            error=error,
        )


class EventsPolicy:
    """Which calls emit which events. Immutable and thread safe."""

    def __init__(
        self, topics: Mapping[str, Topic], methods: Mapping[str, MethodEvents], types: Mapping[str, str]
    ) -> None:
        self.topics = topics
        self.types = types
        """The message of each event type that has only one: what `load_security` wants as `event_types`."""
        self._methods = methods
        self._none = MethodEvents(Redactor())

    def for_method(self, method: str) -> MethodEvents:
        """The events of one method, `shop.users.v1.Users/CreateUser`; none where no rule matches."""
        return self._methods.get(method, self._none)


def load_events(source: Path | bytes, contract: Contract, *, where: str = "events.json") -> EventsPolicy:
    """Parse, resolve, compile and type-check an events policy.

    `where` is what errors call a policy given as bytes. Raises ConfigError with file and JSON path.
    """
    document, where = read_document(source, where, events_pb2.EventsPolicy)
    topics = read_topics(document.topics, where)
    redactor = Redactor()
    compiler = EmitCompiler(contract, redactor, where)
    found: dict[str, dict[Stage, list[CompiledEmit]]] = {}
    for index, rule in enumerate(document.rules):
        path = f"rules[{index}]"
        stage = _checked(rule, topics, document.rules[:index], where, path)
        for method in _methods(contract, rule, where, path):
            emits = found.setdefault(method.full_name, {})
            emits.setdefault(stage, []).append(compiler.compile(rule, stage, method, path))
    methods = {
        name: MethodEvents(redactor, *(tuple(stages.get(stage, ())) for stage in STAGES))
        for name, stages in found.items()
    }
    return EventsPolicy(topics, methods, _types(found.values()))


def load_topics(source: Path | bytes, *, where: str = "events.json") -> Mapping[str, Topic]:
    """Only the topics of an events policy, for who emits nothing: rules are neither compiled nor checked.

    Raises ConfigError with file and JSON path.
    """
    document, where = read_document(source, where, events_pb2.EventsPolicy)
    return read_topics(document.topics, where)


def _checked(
    rule: events_pb2.EventRule,
    topics: Mapping[str, Topic],
    earlier: Iterable[events_pb2.EventRule],
    where: str,
    path: str,
) -> Stage:
    """The rule's stage. Raises ConfigError for what can be seen without the contract."""
    if not rule.on:
        raise ConfigError("a rule names at least one method", where=place(where, f"{path}.on"))
    if rule.emit not in STAGES:
        what = f"'{rule.emit}' is no stage{nearest(rule.emit, STAGES)}"
        raise ConfigError(what, where=place(where, f"{path}.emit"), fix=f"write one of {', '.join(STAGES)}")
    if rule.topic not in topics:
        what = f"'{rule.topic}' is not among the topics{nearest(rule.topic, topics)}"
        raise ConfigError(what, where=place(where, f"{path}.topic"), fix="declare it under topics")
    if not NAME.fullmatch(rule.type):
        what = f"'{rule.type}' is no event type"
        raise ConfigError(
            what, where=place(where, f"{path}.type"), fix="write one such as shop.users.user.created.v1"
        )
    if any(other == rule for other in earlier):
        raise ConfigError("says the same as an earlier rule", where=place(where, path))
    return rule.emit


def _methods(contract: Contract, rule: events_pb2.EventRule, where: str, path: str) -> Iterable[Method]:
    """The methods of a rule, each once."""
    found: dict[str, Method] = {}
    for at, selector in enumerate(rule.on):
        try:
            found.update((method.full_name, method) for method in resolve(contract, selector))
        except ConfigError as error:
            spot = place(where, f"{path}.on[{at}]")
            raise ConfigError(error.what, where=spot, fix=error.fix) from None
    return found.values()


def _types(methods: Iterable[Mapping[Stage, Iterable[CompiledEmit]]]) -> dict[str, str]:
    messages: dict[str, set[str]] = {}
    for stages in methods:
        for emits in stages.values():
            for emit in emits:
                messages.setdefault(emit.type, set()).add(emit.data_type)
    return {name: next(iter(of)) for name, of in messages.items() if len(of) == 1}
