"""Rules and keywords decide alike: each value is put to protovalidate and to the schema."""

import base64
import json
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from protovalidate import Validator

from protomesh.contract import Contract

TEXTS = [
    "",
    "a", "ab", "abc", "abcd", "abcde", "x", "red", "blue",
    "A", "-a", "a.b", "a.bc", "axb", "xx$1", "$1", "$10",
    "a+b",
    "aab", "az", "a!z", "bz", "ann@mail.example", "no at", "192.0.2.1", "192.0.2.256", "2001:db8::1",
    "0188a5eb-5a4e-7d4c-9c3b-0c8f1d2e3f40",
    "äöü", "🙂🙂🙂", "🙂🙂🙂🙂",
]  # fmt: skip
NUMBERS = [-3, -1, 0, 1, 2, 3, 4, 5, 6, 100]
VALUES: dict[int, list[Any]] = {
    FieldDescriptor.CPPTYPE_STRING: TEXTS,
    FieldDescriptor.CPPTYPE_INT32: NUMBERS,
    FieldDescriptor.CPPTYPE_UINT32: [each for each in NUMBERS if each >= 0],
    FieldDescriptor.CPPTYPE_INT64: [str(each) for each in NUMBERS],
    FieldDescriptor.CPPTYPE_DOUBLE: [0.0, 1.5, 2.0],
    FieldDescriptor.CPPTYPE_BOOL: [True, False],
    FieldDescriptor.CPPTYPE_ENUM: ["COLOUR_UNSPECIFIED", "COLOUR_RED"],
}
WHOLE: dict[str, list[Any]] = {
    "few": [[], ["a"], ["a", "b"], ["a", "a"], ["a", "b", "c"], ["abc"]],
    "pairs": [{}, {"a": 1}, {"a": 0}, {"a": 1, "b": 1}, {"abc": 1}],
    "inner": [{}, {"id": "a"}, {"name": "a"}, {"id": "a", "name": "b"}],
    "some": [[], [1]],
    "whole": [{}, {"cityName": "x"}],
}
IN_WORDS = {"short", "told"}
"""No keyword says these."""

GOOD = {"this": "a", "text": "a", "some": [1], "positive": 1, "whole": {}}
RULES = "lab.kinds.v1.Rules"


def names(contract: Contract) -> list[str]:
    return [field.name for field in contract.descriptor(RULES).fields if field.name not in IN_WORDS]


def verdicts(contract: Contract, document: dict[str, Any], told: dict[str, Any]) -> tuple[bool, bool]:
    message: Message = json_format.ParseDict(told, contract.message(RULES)())
    reference = {"$ref": f"#/components/schemas/{RULES}", "components": document["components"]}
    schema = OAS31Validator(reference, format_checker=oas31_format_checker)
    return not Validator().collect_violations(message), bool(schema.is_valid(told))


def test_a_good_message_is_good_to_both(kinds_contract: Contract, kinds: dict[str, Any]) -> None:
    assert verdicts(kinds_contract, kinds, GOOD) == (True, True)


def test_every_rule_and_its_keywords_decide_alike(kinds_contract: Contract, kinds: dict[str, Any]) -> None:
    seen: dict[str, set[bool]] = {}
    for name in names(kinds_contract):
        field = kinds_contract.descriptor(RULES).fields_by_name[name]
        for value in WHOLE.get(name) or VALUES[field.cpp_type]:
            told = {**GOOD, field.json_name: value}
            if name == "that":
                del told["this"]
            by_rule, by_schema = verdicts(kinds_contract, kinds, told)
            assert by_rule == by_schema, f"{name}: {json.dumps(value)}: rules {by_rule}, schema {by_schema}"
            seen.setdefault(name, set()).add(by_rule)
    free = {name for name, found in seen.items() if found != {True, False}}
    assert free == {"unchecked", "this", "that", "whole"}, "a rule that no value here tries"


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_what_must_be_given_is_required_by_both(
    missing: str, kinds_contract: Contract, kinds: dict[str, Any]
) -> None:
    told = {name: value for name, value in GOOD.items() if name != missing}
    assert verdicts(kinds_contract, kinds, told) == (False, False)


def test_of_a_oneof_with_both_the_schema_takes_neither(kinds: dict[str, Any]) -> None:
    reference = {"$ref": f"#/components/schemas/{RULES}", "components": kinds["components"]}
    assert not OAS31Validator(reference).is_valid({**GOOD, "that": "b"})


def test_what_no_keyword_says_is_told_in_words(kinds: dict[str, Any]) -> None:
    properties = kinds["components"]["schemas"][RULES]["properties"]
    assert properties["short"]["description"] == "Rule: lt 5s."
    assert properties["told"]["description"] == "Rule: it is not 'no'."


def test_answers_of_all_types_keep_the_schema(kinds_contract: Contract, kinds: dict[str, Any]) -> None:
    """What a service would print, with everything set and with nothing set."""
    name = "lab.kinds.v1.Everything"
    full: dict[str, Any] = {
        "aDouble": 1.5, "aFloat": 1.5, "anInt32": -1, "anInt64": str(-(2**63)), "aUint32": 2**32 - 1,
        "aUint64": str(2**64 - 1), "aSint64": "-1", "aFixed32": 1, "aBool": True, "aString": "ä",
        "someBytes": base64.b64encode(b"\xff").decode(), "colour": "COLOUR_RED", "colours": ["COLOUR_RED"],
        "counts": {"a": "1"}, "parts": {"a": {"left": "x"}}, "right": {"cityName": "x"}, "maybe": "",
        "time": "2026-01-02T03:04:05.123456789Z", "span": "-1.500s", "mask": "aDouble,counts",
        "struct": {"a": [1]},
        "value": None, "list": [1, "a"], "any": {"@type": "type.googleapis.com/lab.kinds.v1.Where"},
        "flag": False, "big": "1", "blob": "", "made": "x", "old": "x",
    }  # fmt: skip
    schema = OAS31Validator(
        {"$ref": f"#/components/schemas/{name}", "components": kinds["components"]},
        format_checker=oas31_format_checker,
    )
    kind = kinds_contract.message(name)
    for told in (full, {}):
        printed = json_format.MessageToDict(
            json_format.ParseDict(told, kind()), always_print_fields_with_no_presence=True
        )
        assert printed.keys() >= told.keys(), "all that was set is printed"
        assert [f"{each.json_path}: {each.message}" for each in schema.iter_errors(printed)] == []
