"""A policy file read strictly: JSON without duplicate keys, into a protobuf message, errors located.

Stricter than protobuf's own JSON form (https://protobuf.dev/programming-guides/json/): no null, no numbers in
strings, and names only as the .proto files spell them.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from protomesh.contract import nearest
from protomesh.errors import ConfigError

M = TypeVar("M", bound=Message)

LARGEST = 1 << 20
WORDS = {str: "a string", bool: "true or false", int: "a number", list: "a list", dict: "an object"}
TYPES = {
    FieldDescriptor.CPPTYPE_STRING: str,
    FieldDescriptor.CPPTYPE_BOOL: bool,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_MESSAGE: dict,
}


class _Doubled(dict[str, Any]):
    """An object in which a key stood twice; refused once its path is known."""

    key: str = ""


def read_document(source: Path | bytes, where: str, into: type[M]) -> tuple[M, str]:
    """The message in a file or in bytes, and what errors call it. Raises ConfigError."""
    if isinstance(source, bytes):
        return parse_document(source, where, into), where
    try:
        return parse_document(source.read_bytes(), str(source), into), str(source)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(source)) from None


def parse_document(data: bytes, where: str, into: type[M]) -> M:
    """JSON bytes as a message. Raises ConfigError naming `where` and the JSON path."""
    value = _json(data, where)
    descriptor: Any = into.DESCRIPTOR
    _check(value, descriptor, where, "")
    try:
        return ParseDict(value, into())
    except ParseError as error:
        raise ConfigError(str(error), where=where) from None


def _json(data: bytes, where: str) -> Any:
    if len(data) > LARGEST:
        raise ConfigError(f"{len(data)} bytes", where=where, fix=f"a policy has at most {LARGEST}")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", where=f"{where}:{error.lineno}:{error.colno}") from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8", where=where) from None
    except RecursionError:
        raise ConfigError("too deeply nested", where=where) from None
    except ValueError as error:
        raise ConfigError(f"not JSON: {error}", where=where) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    keys = [key for key, _ in pairs]
    doubled.key = next(key for key in keys if keys.count(key) > 1)
    return doubled


def _check(value: Any, descriptor: Descriptor, where: str, path: str) -> None:
    """Raise ConfigError where an object does not have the shape of a message."""
    _typed(value, dict, where, path)
    fields = descriptor.fields_by_name
    for key, inner in value.items():
        at = f"{path}.{key}" if path else key
        field = fields.get(key)
        if field is None:
            raise ConfigError(f"unknown key{nearest(key, fields)}", where=place(where, at))
        _check_field(inner, field, where, at)


def _check_field(value: Any, field: FieldDescriptor, where: str, path: str) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        _typed(value, dict, where, path)
        for key, each in value.items():
            _check_one(key, field.message_type.fields_by_name["key"], where, path)
            _check_one(each, field.message_type.fields_by_name["value"], where, f"{path}.{key}")
    elif field.is_repeated:
        _typed(value, list, where, path)
        for index, each in enumerate(value):
            _check_one(each, field, where, f"{path}[{index}]")
    else:
        _check_one(value, field, where, path)


def _check_one(value: Any, field: FieldDescriptor, where: str, path: str) -> None:
    _typed(value, TYPES[field.cpp_type], where, path)
    if field.message_type is not None:
        _check(value, field.message_type, where, path)
    elif isinstance(value, str):
        _check_text(value, where, path)
    elif not -(1 << 31) <= value < (1 << 31 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 1 << 63):
        raise ConfigError(f"{value} is out of range", where=place(where, path))


def _check_text(value: str, where: str, path: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigError("half of a surrogate pair is no text", where=place(where, path)) from None


def _typed(value: Any, wanted: type, where: str, path: str) -> None:
    if isinstance(value, _Doubled):
        raise ConfigError(f"the key '{shown(value.key)}' stands twice", where=place(where, path))
    if type(value) is not wanted:
        found = "null" if value is None else WORDS.get(type(value), "a fraction")
        raise ConfigError(f"{found} where {WORDS[wanted]} belongs", where=place(where, path))


def place(where: str, path: str) -> str:
    """The `where` of a ConfigError: `policies/security.json: rules[3].when`."""
    return f"{where}: {shown(path)}" if path else where


def shown(text: str) -> str:
    """Text fit for a terminal: keys come from the file and may hold anything."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()
