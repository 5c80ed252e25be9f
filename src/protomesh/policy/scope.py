"""What expressions can read during one call, and how it becomes protobuf messages for CEL.

Messages are built only for expressions that CEL itself evaluates, and only with the fields that these read.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, cast

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from protomesh.policy.records import CallFacts, ErrorFacts, EventFacts, Principal
from protomesh_pb.mesh.policy.v1 import scope_pb2

NATIVE_PATHS: Mapping[tuple[str, str], str] = {
    ("identity", "subject"): "principal.subject",
    ("identity", "roles"): "principal.roles",
    ("identity", "scopes"): "principal.scopes",
    ("identity", "issuer"): "principal.issuer",
    ("call", "method"): "call.method",
    ("call", "http_method"): "call.http_method",
    ("call", "path"): "call.path",
    ("call", "peer"): "call.peer",
    ("call", "service"): "principal.service",
    ("call", "subject"): "principal.subject",
    ("call", "reason"): "call.reason",
    ("call", "suppressed"): "call.suppressed",
    ("error", "code"): "error.code",
    ("error", "message"): "error.message",
    ("error", "method"): "call.method",
    ("error", "subject"): "principal.subject",
    ("event", "id"): "event.id",
    ("event", "type"): "event.type",
    ("event", "source"): "event.source",
    ("event", "subject"): "event.subject",
}
"""Where a field of `identity`, `call`, `error` and `event` is found without building a message."""

SCOPE_TYPES: Mapping[str, str] = {
    "identity": "mesh.policy.v1.Identity",
    "call": "mesh.policy.v1.CallInfo",
    "error": "mesh.policy.v1.ErrorInfo",
    "event": "mesh.policy.v1.EventInfo",
}
"""Variables that are not messages of the call itself but made for the expressions."""


class Scope:
    """The variables of one call. Belongs to one thread; `bound` keeps what environments made of it."""

    __slots__ = ("bound", "call", "data", "error", "event", "principal", "request", "response")

    def __init__(
        self,
        principal: Principal,
        call: CallFacts | None = None,
        *,
        request: Message | None = None,
        response: Message | None = None,
        error: ErrorFacts | None = None,
        event: EventFacts | None = None,
        data: Message | None = None,
    ) -> None:
        self.principal = principal
        self.call = call
        self.request = request
        self.response = response
        self.error = error
        self.event = event
        self.data = data
        self.bound: dict[int, Any] = {}


def binder(name: str, fields: frozenset[str]) -> Callable[[Scope], Message]:
    """How a variable becomes a message with these fields filled.

    The function raises LookupError or AttributeError where the scope lacks what the variable is made of.
    """
    made = MADE.get(name)
    if made is None:
        return lambda scope: _present(scope, name)
    getters = [
        (field, GETTERS.get((name, field)) or attrgetter(NATIVE_PATHS[name, field])) for field in fields
    ]
    return lambda scope: made(**{field: get(scope) for field, get in getters})


def whole(name: str) -> Callable[[Scope], Message]:
    """How `identity`, `call`, `error` or `event` becomes a message with all its fields."""
    return binder(name, frozenset(MADE[name].DESCRIPTOR.fields_by_name))


def timestamp(seconds: float) -> Timestamp:
    """Seconds since the epoch as a protobuf Timestamp, to the microsecond."""
    whole_seconds, part = divmod(round(seconds * 1_000_000), 1_000_000)
    return Timestamp(seconds=whole_seconds, nanos=part * 1000)


def _present(scope: Scope, name: str) -> Message:
    value: Message | None = getattr(scope, name)
    if value is None:
        raise LookupError(f"there is no {name}")
    return value


def _claims(scope: Scope) -> Struct:
    claims = Struct()
    claims.update(cast("dict[str, None]", dict(scope.principal.claims)))
    return claims


MADE: Mapping[str, type[Message]] = {
    "identity": scope_pb2.Identity,
    "call": scope_pb2.CallInfo,
    "error": scope_pb2.ErrorInfo,
    "event": scope_pb2.EventInfo,
}

GETTERS: Mapping[tuple[str, str], Callable[[Scope], Message]] = {
    ("identity", "claims"): _claims,
    ("call", "time"): lambda scope: timestamp(scope.call.time if scope.call else 0.0),
    ("event", "time"): lambda scope: timestamp(scope.event.time if scope.event else 0.0),
}
"""Fields that are messages themselves."""
