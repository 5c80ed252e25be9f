"""The type-checked syntax tree of a CEL expression.

Read from the bytes of cel.expr.CheckedExpr (cel-spec, proto/cel/expr/checked.proto and syntax.proto), whose
generated classes no package of ours ships.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet

EXPRESSIONS = {3: "const", 4: "ident", 5: "select", 6: "call", 7: "list", 8: "struct", 9: "comprehension"}
PRIMITIVES = {1: "bool", 2: "int", 3: "uint", 4: "double", 5: "string", 6: "bytes"}
CHILDREN = {
    "select": (1,),
    "call": (1, 3),
    "list": (1,),
    "comprehension": (2, 4, 5, 6, 7),
}
"""Field numbers of an expression's operands, in the order in which we list them."""

TYPE_DYN, TYPE_PRIMITIVE, TYPE_LIST, TYPE_MESSAGE = 1, 3, 6, 9
CONST_BOOL, CONST_INT, CONST_STRING = 2, 3, 6
ENTRY_FIELD, ENTRY_KEY, ENTRY_VALUE = 2, 3, 4

Fields = dict[int, list[int | bytes]]


@dataclass(frozen=True, slots=True)
class Node:
    """One expression. `name` is a variable, field, function or message type, as `kind` has it.

    `type` is `bool`, `int`, `string`, `list:string`, `message:pkg.Name`, `dyn` or `other`; `value` that of a
    constant; `keys` the fields that a struct names; `tests` marks `has(x.y)`.
    """

    kind: str
    name: str
    type: str
    children: tuple["Node", ...] = ()
    value: str | int | bool | None = None
    keys: tuple[str, ...] = ()
    tests: bool = False

    def walk(self) -> Iterator["Node"]:
        """Yield the node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_checked(serialized: bytes) -> Node:
    """The tree of a serialized expression, a google.protobuf.Any around a CheckedExpr."""
    fields = _fields(AnyMessage.FromString(serialized).value)
    types = {}
    for entry in fields.get(3, []):
        pair = _fields(entry)
        types[_number(pair, 1)] = _type(pair[2][0])
    return _node(fields[4][0], types)


def _fields(data: int | bytes) -> Fields:
    """The fields of a protobuf message on the wire, by number."""
    if not isinstance(data, bytes):
        raise TypeError("a message was expected")
    found: Fields = {}
    raw = UnknownFieldSet(Empty.FromString(data))
    for at in range(len(raw)):
        field = raw[at]
        found.setdefault(field.field_number, []).append(field.data)
    return found


def _type(data: int | bytes) -> str:
    fields = _fields(data)
    if TYPE_PRIMITIVE in fields:
        return PRIMITIVES.get(_number(fields, TYPE_PRIMITIVE), "other")
    if TYPE_LIST in fields:
        return f"list:{_type(_fields(fields[TYPE_LIST][0]).get(1, [b''])[0])}"
    if TYPE_MESSAGE in fields:
        return f"message:{_text(fields, TYPE_MESSAGE)}"
    return "dyn" if TYPE_DYN in fields else "other"


def _node(data: int | bytes, types: Mapping[int, str]) -> Node:
    fields = _fields(data)
    number = next((each for each in EXPRESSIONS if each in fields), 3)
    kind, inner = EXPRESSIONS[number], _fields(fields.get(number, [b""])[0])
    of = types.get(_number(fields, 2), "other")
    if kind == "const":
        return Node(kind, "", of, value=_constant(inner))
    if kind == "struct":
        return _struct(inner, of, types)
    children = tuple(_node(each, types) for field in CHILDREN.get(kind, ()) for each in inner.get(field, []))
    name = _text(inner, 1 if kind == "ident" else 2) if kind in {"ident", "select", "call"} else ""
    return Node(kind, name, of, children, tests=kind == "select" and bool(_number(inner, 3)))


def _struct(inner: Fields, of: str, types: Mapping[int, str]) -> Node:
    entries = [_fields(each) for each in inner.get(2, [])]
    parts = (each for entry in entries for at in (ENTRY_KEY, ENTRY_VALUE) for each in entry.get(at, []))
    keys = tuple(_text(entry, ENTRY_FIELD) for entry in entries if ENTRY_FIELD in entry)
    return Node("struct", _text(inner, 1), of, tuple(_node(each, types) for each in parts), keys=keys)


def _constant(fields: Fields) -> str | int | bool | None:
    """A bool, an int64 or a string; None for what we do not look at."""
    if CONST_BOOL in fields:
        return bool(fields[CONST_BOOL][0])
    if CONST_INT in fields:
        number = _number(fields, CONST_INT)
        return number - (1 << 64) if number >= 1 << 63 else number
    return _text(fields, CONST_STRING) if CONST_STRING in fields else None


def _number(fields: Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _text(fields: Fields, number: int) -> str:
    value = fields.get(number, [b""])[-1]
    return value.decode() if isinstance(value, bytes) else ""
