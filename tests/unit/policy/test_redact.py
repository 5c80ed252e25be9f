"""Redacted fields are cleared wherever they hide, and messages without any are not even copied."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from protomesh.contract import Contract
from protomesh.policy import Caller, CallFacts, Redactor, load_events

CANARY = "canary-7f3a"
FIELD = descriptor_pb2.FieldDescriptorProto


def _file() -> descriptor_pb2.FileDescriptorProto:
    """A type that hides secrets in itself, below itself, in a list, a map, a oneof and packed."""
    file = descriptor_pb2.FileDescriptorProto(
        name="tests/vault.proto",
        package="tests.vault",
        syntax="proto3",
        dependency=["google/protobuf/any.proto"],
    )
    vault = file.message_type.add(name="Vault")
    entry = vault.nested_type.add(name="ByNameEntry", options=descriptor_pb2.MessageOptions(map_entry=True))
    entry.field.add(name="key", number=1, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
    entry.field.add(
        name="value",
        number=2,
        type=FIELD.TYPE_MESSAGE,
        type_name=".tests.vault.Vault",
        label=FIELD.LABEL_OPTIONAL,
    )
    vault.oneof_decl.add(name="either")
    for number, name, kind, repeated, secret, type_name in (
        (1, "open", FIELD.TYPE_STRING, False, False, ""),
        (2, "secret", FIELD.TYPE_STRING, False, True, ""),
        (3, "secrets", FIELD.TYPE_BYTES, True, True, ""),
        (4, "inner", FIELD.TYPE_MESSAGE, False, False, ".tests.vault.Vault"),
        (5, "many", FIELD.TYPE_MESSAGE, True, False, ".tests.vault.Vault"),
        (6, "by_name", FIELD.TYPE_MESSAGE, True, False, ".tests.vault.Vault.ByNameEntry"),
        (7, "packed", FIELD.TYPE_MESSAGE, False, False, ".google.protobuf.Any"),
        (8, "whole", FIELD.TYPE_MESSAGE, False, True, ".tests.vault.Vault"),
        (9, "chosen", FIELD.TYPE_STRING, False, True, ""),
    ):
        field = vault.field.add(name=name, number=number, type=kind, type_name=type_name or None)
        field.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
        if secret:
            field.options.debug_redact = True
        if name == "chosen":
            field.oneof_index = 0
    return file


@pytest.fixture(scope="module")
def vault() -> type[Message]:
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(_file().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tests.vault.Vault"))


def _secrets(vault: type[Message], depth: int) -> Message:
    """A message with the canary in every redacted field, at every depth."""
    made: Any = vault(open="seen", secret=CANARY, secrets=[CANARY.encode()], chosen=CANARY)
    made.whole.open = CANARY
    if depth:
        inner = _secrets(vault, depth - 1)
        made.inner.CopyFrom(inner)
        made.many.append(inner)
        made.by_name["x"].CopyFrom(inner)
        made.packed.Pack(inner)
    return made  # type: ignore[no-any-return]  # fields of a class made at run time have no types


def test_secrets_are_cleared_at_every_depth(vault: type[Message]) -> None:
    message = _secrets(vault, 2)
    before = message.SerializeToString(deterministic=True)
    copy = Redactor().copy(message)
    assert CANARY.encode() in before
    assert CANARY.encode() not in copy.SerializeToString()
    assert message.SerializeToString(deterministic=True) == before
    assert list(_opens(copy)) == ["seen"] * (1 + 4 + 16)


def test_what_is_packed_and_not_known_is_dropped(vault: type[Message]) -> None:
    for packed in (
        AnyMessage(type_url="type.googleapis.com/no.Such", value=CANARY.encode()),
        AnyMessage(type_url="type.googleapis.com/tests.vault.Vault", value=b"\xff" + CANARY.encode()),
    ):
        copy = Redactor().copy(vault(packed=packed))
        assert CANARY.encode() not in copy.SerializeToString()
        assert CANARY.encode() not in Redactor().copy(packed).SerializeToString()


def test_fields_that_nobody_knows_are_dropped(vault: type[Message]) -> None:
    unknown = vault.FromString(b"\xfa\x07" + bytes([len(CANARY)]) + CANARY.encode())
    assert CANARY.encode() in unknown.SerializeToString()
    assert CANARY.encode() not in Redactor().copy(unknown).SerializeToString()


def test_a_message_without_secrets_is_itself(contract: Contract) -> None:
    order = contract.message("shop.orders.v1.Order")(id="o1")
    assert Redactor().copy(order) is order


CREATE, LIST = "shop.users.v1.Users/CreateUser", "shop.users.v1.Users/ListUsers"


@pytest.mark.parametrize(
    ("stage", "method", "rule"),
    [
        ("before", CREATE, {"data": "request"}),
        ("before", CREATE, {"data": "request.user"}),
        ("after", CREATE, {"data": "response"}),
        ("after", CREATE, {"data": "true ? response : request.user"}),
        ("after", LIST, {"data": "response"}),
        ("after", LIST, {"data": "response.users[0]"}),
        ("after", LIST, {"data": "response.users.filter(u, u.id == 'u1')[0]"}),
    ],
)
def test_no_event_carries_a_secret(contract: Contract, stage: str, method: str, rule: dict[str, str]) -> None:
    user = {"id": "u1", "display_name": "Ann", "email": CANARY}
    asked: dict[str, Any] = {"user": user} if method == CREATE else {}
    answer: dict[str, Any] = user if method == CREATE else {"users": [user]}
    found = contract.methods[method]
    request, response = contract.message(found.request)(**asked), contract.message(found.response)(**answer)
    whole = {"on": [method], "emit": stage, "topic": "t", "type": "a.v1", **rule}
    policy = load_events(json.dumps({"topics": {"t": {}}, "rules": [whole]}).encode(), contract)
    events = policy.for_method(method)
    scope = events.scope(Caller("u1"), CallFacts(method), request=request, response=response)
    emission = getattr(events, stage)[0].evaluate(scope)
    assert b"Ann" in emission.data.SerializeToString()
    assert CANARY.encode() not in emission.data.SerializeToString()
    assert CANARY.encode() in response.SerializeToString()


def _opens(message: Any) -> Iterator[str]:
    yield message.open
    inner: list[Any] = [*message.many, *message.by_name.values()]
    if message.HasField("inner"):
        inner.append(message.inner)
    if message.HasField("packed"):
        packed = type(message)()
        assert message.packed.Unpack(packed)
        inner.append(packed)
    for each in inner:
        yield from _opens(each)
