"""Ids of events."""

import hashlib
import os
import time

_VERSION_7 = 0x7 << 76
_VERSION_8 = 0x8 << 76
_VARIANT = 0b10 << 62
_RANDOM = (1 << 76) - 1 & ~(0b11 << 62)
"""The bits that neither time nor version nor variant take."""


def new_event_id() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): ids sort by their millisecond."""
    milliseconds = time.time_ns() // 1_000_000
    return _uuid(milliseconds << 80 | _VERSION_7 | _VARIANT | int.from_bytes(os.urandom(10), "big") & _RANDOM)


def derived_id(cause_id: str, function: str, index: int) -> str:
    """The same UUID (version 8, from SHA-256) each time `function` handles the event `cause_id` anew."""
    parts = "".join(f"{len(part)}:{part}" for part in (cause_id, function, str(index)))
    digest = int.from_bytes(hashlib.sha256(parts.encode()).digest()[:16], "big")
    return _uuid(digest & ~(0xF << 76 | 0b11 << 62) | _VERSION_8 | _VARIANT)


def _uuid(number: int) -> str:
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
