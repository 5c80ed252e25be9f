"""Rules of numbers: `Int32Rules`, `DoubleRules` and their kind, which all have the same fields."""

from typing import Any

from protomesh.gateway.objects import Json, Object

BOUNDS = {"lt": "exclusiveMaximum", "lte": "maximum", "gt": "exclusiveMinimum", "gte": "minimum"}


def number(rules: Any) -> Object:
    """Keywords of a number. A lower bound above the upper one means: outside of both."""
    lower: Object = {BOUNDS[name]: getattr(rules, name) for name in ("gt", "gte") if rules.HasField(name)}
    upper: Object = {BOUNDS[name]: getattr(rules, name) for name in ("lt", "lte") if rules.HasField(name)}
    return {**_range(lower, upper), **_values(rules, list)}


def long_number(rules: Any) -> Object:
    """A 64-bit number is a string in JSON: only its sign and single values have keywords."""
    found = _values(rules, lambda values: [str(each) for each in values])
    least = rules.gte if rules.HasField("gte") else rules.gt if rules.HasField("gt") else None
    most = rules.lte if rules.HasField("lte") else rules.lt if rules.HasField("lt") else None
    is_range = most is None or (least is not None and least <= most)
    return {"pattern": "^[0-9]+$", **found} if least is not None and least >= 0 and is_range else found


def _range(lower: Object, upper: Object) -> Object:
    least, most = [*lower.values()], [*upper.values()]
    if least and most and _float(least[0]) > _float(most[0]):
        return {"anyOf": [lower, upper]}
    return {**lower, **upper}


def _values(rules: Any, shown: Any) -> Object:
    found: Object = {}
    if rules.HasField("const"):
        found["const"] = shown([rules.const])[0]
    if getattr(rules, "in"):
        found["enum"] = shown(getattr(rules, "in"))
    if rules.not_in:
        found["not"] = {"enum": shown(rules.not_in)}
    return found


def _float(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
