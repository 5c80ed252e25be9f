"""The traceparent header of W3C Trace Context (https://www.w3.org/TR/trace-context-2/, section 3.2)."""

import random
import re

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_KNOWN_FLAGS = 0b11
"""sampled and random-trace-id; the others are to be cleared."""


def new_traceparent() -> str:
    """The first span of a trace: sampled, with a random trace id."""
    both = _random(24)
    trace, span = both[:32], both[32:]
    return f"00-{trace}-{span}-03" if trace.strip("0") and span.strip("0") else new_traceparent()


def child_of(traceparent: str) -> str:
    """A new span in the same trace; where the parent is malformed or empty, the first span of a new trace."""
    parent = _FORM.fullmatch(traceparent)
    if parent is None:
        return new_traceparent()
    version, trace, span, flags, rest = parent.groups()
    if version == "ff" or (version == "00" and rest) or not trace.strip("0") or not span.strip("0"):
        return new_traceparent()
    return f"00-{trace}-{_random(8)}-{int(flags, 16) & _KNOWN_FLAGS:02x}"


def _random(count: int) -> str:
    """`count` bytes in hexadecimal, never all zeros, which the specification forbids.

    Unique, not secret: the system's own source would let go of the interpreter lock twice in every call.
    """
    number = random.getrandbits(8 * count)
    return f"{number:0{2 * count}x}" if number else _random(count)
