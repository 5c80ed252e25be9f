"""Rules of strings: lengths, patterns and formats."""

import math
import re
from collections.abc import Iterator, Mapping

from protomesh.gateway.objects import Object
from protomesh_pb.buf.validate import validate_pb2

BYTES_OF_A_CHARACTER = 4
"""UTF-8, RFC 3629: at most."""

FORMATS: Mapping[str, Object] = {
    "email": {"format": "email"},
    "hostname": {"format": "hostname"},
    "ip": {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
    "ipv4": {"format": "ipv4"},
    "ipv6": {"format": "ipv6"},
    "uri": {"format": "uri"},
    "uri_ref": {"format": "uri-reference"},
    "address": {"anyOf": [{"format": "hostname"}, {"format": "ipv4"}, {"format": "ipv6"}]},
    "uuid": {"format": "uuid"},
    "tuuid": {"pattern": "^[0-9a-fA-F]{32}$"},
    "ulid": {"pattern": "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$"},
}


def text(rules: validate_pb2.StringRules) -> Object:
    """The keywords of a string."""
    patterns = list(_patterns(rules))
    found: Object = {**_lengths(rules), **_values(rules), **_format(rules)}
    if len(patterns) == 1 and "pattern" not in found:
        return {**found, "pattern": patterns[0]}
    return {**found, "allOf": [{"pattern": each} for each in patterns]} if patterns else found


def _lengths(rules: validate_pb2.StringRules) -> Object:
    """A bound in bytes is a looser one in characters."""
    least = [
        rules.min_len,
        rules.len,
        math.ceil(max(rules.min_bytes, rules.len_bytes) / BYTES_OF_A_CHARACTER),
    ]
    bounds = {each.name: value for each, value in rules.ListFields()}
    most = [bounds[name] for name in ("max_len", "len", "max_bytes", "len_bytes") if name in bounds]
    found: Object = {"minLength": max(least)} if max(least) else {}
    return {**found, "maxLength": min(most)} if most else found


def _values(rules: validate_pb2.StringRules) -> Object:
    found: Object = {}
    if rules.HasField("const"):
        found["const"] = rules.const
    if getattr(rules, "in"):
        found["enum"] = list(getattr(rules, "in"))
    refused: list[Object] = [{"enum": list(rules.not_in)}] if rules.not_in else []
    if rules.HasField("not_contains"):
        refused.append({"pattern": _literal(rules.not_contains)})
    return {**found, "not": {"anyOf": refused}} if refused else found


def _format(rules: validate_pb2.StringRules) -> Object:
    kind = rules.WhichOneof("well_known") or ""
    return dict(FORMATS.get(kind, {})) if kind and getattr(rules, kind) else {}


def _patterns(rules: validate_pb2.StringRules) -> Iterator[str]:
    """Rules match with RE2, which finds a pattern anywhere, as JSON Schema (ECMA-262) does."""
    if rules.HasField("pattern") and "(?" not in rules.pattern:
        yield rules.pattern.replace(r"\A", "^").replace(r"\z", "$")
    if rules.HasField("prefix"):
        yield f"^{_literal(rules.prefix)}"
    if rules.HasField("suffix"):
        yield f"{_literal(rules.suffix)}$"
    if rules.HasField("contains"):
        yield _literal(rules.contains)


def _literal(value: str) -> str:
    """ECMA-262, "SyntaxCharacter": in its Unicode mode nothing else may be escaped."""
    return re.sub(r"[\^$.*+?()\[\]{}|/\\]", r"\\\g<0>", value)
