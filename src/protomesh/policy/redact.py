"""`debug_redact` fields: cleared from what event rules see, and refused where an expression names one.

google/protobuf/descriptor.proto, FieldOptions.debug_redact.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from protomesh.policy.checked import Node

ANY = AnyMessage.DESCRIPTOR.full_name


class Redactor:
    """Clears secrets from copies. Learns each message type once; may be shared by threads."""

    def __init__(self) -> None:
        self._secretive: dict[str, bool] = {}

    def holds_secrets(self, message: Descriptor) -> bool:
        """Whether a message of this type can hold a redacted field, at any depth."""
        known = self._secretive.get(message.full_name)
        if known is None:
            known = any(each.full_name == ANY or _secrets_of(each) for each in _reachable(message))
            self._secretive[message.full_name] = known
        return known

    def holds(self, name: str) -> bool:
        """Whether the message type of this name, if there is one, can hold a redacted field."""
        try:
            return self.holds_secrets(descriptor_pool.Default().FindMessageTypeByName(name))
        except KeyError:
            return False

    def copy(self, message: Message) -> Message:
        """The message without redacted and unknown fields; itself, not a copy, where its type has none."""
        descriptor: Any = message.DESCRIPTOR
        if not self.holds_secrets(descriptor):
            return message
        copy = type(message)()
        copy.CopyFrom(message)
        copy.DiscardUnknownFields()
        self._clear(copy)
        return copy

    def named(self, tree: Node, variables: Iterable[str]) -> str:
        """The first redacted field that an expression names, as `shop.users.v1.User.email`, or empty.

        Where an operand's type is not known, the redacted fields of all `variables` (message types) count.
        """
        pool = descriptor_pool.Default()
        reachable = [each for name in variables for each in _reachable(pool.FindMessageTypeByName(name))]
        untyped = {field: f"{each.full_name}.{field}" for each in reachable for field in _secrets_of(each)}
        return next((name for node in tree.walk() for name in _secrets(node, untyped)), "")

    def _clear(self, message: Message) -> None:
        if isinstance(message, AnyMessage):
            self._clear_any(message)
            return
        for field, value in message.ListFields():
            if field.GetOptions().debug_redact:
                message.ClearField(field.name)
            elif field.message_type is not None and self.holds_secrets(field.message_type):
                for inner in _messages(field, value):
                    self._clear(inner)

    def _clear_any(self, message: AnyMessage) -> None:
        """Redact what is packed inside; what cannot be read is dropped."""
        try:
            descriptor = descriptor_pool.Default().FindMessageTypeByName(message.TypeName())
            inner = message_factory.GetMessageClass(descriptor).FromString(message.value)
        except (KeyError, DecodeError):
            message.ClearField("value")
            return
        if self.holds_secrets(descriptor):
            inner.DiscardUnknownFields()
            self._clear(inner)
            message.value = inner.SerializeToString(deterministic=True)


def _reachable(message: Descriptor) -> Iterator[Descriptor]:
    """A message type and all that it can contain."""
    seen = {message.full_name}
    waiting = [message]
    while waiting:
        each = waiting.pop()
        yield each
        for field in each.fields:
            inner = field.message_type
            if inner is not None and inner.full_name not in seen:
                seen.add(inner.full_name)
                waiting.append(inner)


def _messages(field: FieldDescriptor, value: object) -> Iterator[Message]:
    """The messages in a field: one, or those of a list or a map."""
    if isinstance(value, Message):
        yield value
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from value.values()  # type: ignore[attr-defined]  # a map container, typed only in generated code
    else:
        yield from value  # type: ignore[misc]  # a repeated container, typed only in generated code


def _secrets(node: Node, untyped: Mapping[str, str]) -> Iterator[str]:
    """The redacted fields that one node names: by selecting, by `has()` or by filling a message."""
    of, names = "", node.keys
    if node.kind == "select":
        of, names = node.children[0].type.removeprefix("message:"), (node.name,)
    elif node.kind == "struct":
        of = node.name
    for name in names:
        if of == "dyn" and name in untyped:
            yield untyped[name]
        elif name in _secrets_named(of):
            yield f"{of}.{name}"


def _secrets_of(message: Descriptor) -> set[str]:
    return {field.name for field in message.fields if field.GetOptions().debug_redact}


def _secrets_named(message: str) -> set[str]:
    try:
        return _secrets_of(descriptor_pool.Default().FindMessageTypeByName(message))
    except KeyError:
        return set()
