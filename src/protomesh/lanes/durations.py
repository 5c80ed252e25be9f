"""Lengths of time as people write them: 500ms, 30s, 5m, 12h, 7d."""

import math
import re

from protomesh.errors import ConfigError

_FORM = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(duration: str | float) -> float:
    """In seconds; a number already is. Raises ConfigError for anything else, and for what is negative."""
    if isinstance(duration, str):
        found = _FORM.fullmatch(duration.strip())
        if found is None:
            raise ConfigError(f"{duration!r} is no duration", fix="write it like 500ms, 30s, 5m, 12h or 7d")
        return float(found[1]) * _UNITS[found[2]]
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise ConfigError(f"{duration!r} is no duration", fix="write it like 30s, or as a number of seconds")
    if not (math.isfinite(duration) and duration >= 0):
        raise ConfigError(f"{duration!r} is no duration", fix="it must be finite and not negative")
    return float(duration)
