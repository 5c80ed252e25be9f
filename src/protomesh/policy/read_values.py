"""What a `when` read of one call, for a person who asks why it was false, without `debug_redact` fields."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from protomesh.policy.cel import DYNAMIC, Expression
from protomesh.policy.checked import Node
from protomesh.policy.redact import Redactor
from protomesh.policy.scope import MADE, Scope, binder

REDACTED = "(redacted)"
UNKNOWN = "(unknown)"
"""There is no such value in this call, or none that could be shown."""


@dataclass(frozen=True, slots=True)
class Path:
    """Fields selected one from another, from a variable on; `tests` marks `has(x.y)`."""

    variable: str
    fields: tuple[str, ...]
    tests: bool

    def __str__(self) -> str:
        """As it stands in the expression."""
        text = ".".join((self.variable, *self.fields))
        return f"has({text})" if self.tests else text


def read_values(when: Expression, scope: Scope) -> dict[str, object]:
    """JSON values by the paths that an expression reads, `request.user_id`, each once, in their order."""
    redactor = Redactor()
    return {str(path): _value(path, scope, redactor) for path in _paths(when.tree, when.variables)}


def reads_secrets(when: Expression) -> bool:
    """Whether what the expression does, or the text of its failure, could tell a redacted field."""
    redactor = Redactor()
    types = [name for name in when.variables.values() if name != DYNAMIC]
    if redactor.named(when.tree, types):
        return True
    messages = {node.type.rpartition("message:")[2] for node in _whole(when.tree)}
    return any(redactor.holds(name) for name in messages)


def _whole(tree: Node) -> Iterator[Node]:
    """Messages, and lists of them, that are used as such, not only for one of their fields."""
    selected = {id(node.children[0]) for node in tree.walk() if node.kind == "select"}
    for node in tree.walk():
        if id(node) not in selected and "message:" in node.type:
            yield node


def _paths(node: Node, variables: Mapping[str, str]) -> Iterator[Path]:
    path = path_of(node, variables)
    if path is not None:
        yield path
        return
    for child in node.children:
        yield from _paths(child, variables)


def path_of(node: Node, variables: Mapping[str, str]) -> Path | None:
    """The path that a node is, if it is one."""
    fields: list[str] = []
    tests = node.tests
    while node.kind == "select":
        fields.insert(0, node.name)
        (node,) = node.children
    known = variables.get(node.name) if node.kind == "ident" else None
    if known is None or node.type not in {DYNAMIC, f"message:{known}"}:
        return None
    return Path(node.name, tuple(fields), tests)


def _value(path: Path, scope: Scope, redactor: Redactor) -> object:
    try:
        found: Any = _variable(path, scope)
        for at, field in enumerate(path.fields):
            if _is_secret(found, field):
                return REDACTED
            if path.tests and at == len(path.fields) - 1:
                return _has(found, field)
            found = _step(found, field)
        return _plain(found, redactor)
    except (LookupError, AttributeError, TypeError, ValueError):
        return UNKNOWN


def _variable(path: Path, scope: Scope) -> Message:
    """A variable with the one field that is read, or whole."""
    made = MADE.get(path.variable)
    fields: Iterable[str] = path.fields[:1] or (made.DESCRIPTOR.fields_by_name if made else ())
    return binder(path.variable, frozenset(fields))(scope)


def _is_secret(found: object, field: str) -> bool:
    if not isinstance(found, Message):
        return False
    descriptor = found.DESCRIPTOR.fields_by_name.get(field)
    return descriptor is not None and bool(descriptor.GetOptions().debug_redact)


def _step(found: Any, field: str) -> Any:
    """Raises LookupError, AttributeError or TypeError where there is none."""
    if isinstance(found, Message) and not _is_map(found):
        return getattr(found, field)
    if field not in found:  # a map of protobuf gives a default for a missing key, and keeps it
        raise LookupError(field)
    return found[field]


def _has(found: Any, field: str) -> bool:
    if not isinstance(found, Message) or _is_map(found):
        return field in found
    presence = found.DESCRIPTOR.fields_by_name[field].has_presence
    return found.HasField(field) if presence else bool(getattr(found, field))


def _is_map(found: Message) -> bool:
    """CEL takes a Struct for a map."""
    return isinstance(found, Struct)


def _plain(value: Any, redactor: Redactor) -> object:
    """A value as JSON has it, messages without their redacted fields."""
    if isinstance(value, Message):
        return MessageToDict(redactor.copy(value), preserving_proto_field_name=True)
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float | bytes):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each, redactor) for key, each in value.items()}
    return [_plain(each, redactor) for each in value]
