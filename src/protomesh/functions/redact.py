"""Secrets taken out of texts that others will read. Pure."""

import re

_SECRETS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}"
    r"|(?i:\b(?:password|passwd|secret|token|api[_-]?key|authorization)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+"
)


def redacted(text: str) -> str:
    """With tokens, authorization values and passwords replaced by `[redacted]`."""
    return _SECRETS.sub("[redacted]", text)


def cut(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, cut between characters."""
    data = text.encode(errors="replace")
    return text if len(data) <= size else data[: size - 3].decode(errors="ignore") + "…"
