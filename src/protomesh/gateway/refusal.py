"""Envoy's own words about a configuration, short enough for a terminal."""

import re

LOG_PREFIX = re.compile(r"^\[[^\]]*\](\[[^\]]*\])*\s*(\[[^\]]*\])?\s*")
LONGEST = 500


def refusal(output: str) -> str:
    """What Envoy said was wrong, one line of at most 500 characters; "" where it said nothing.

    Envoy repeats the whole configuration after `): {` when it cannot parse it: that part is cut.
    """
    lines = [line.strip() for line in output.splitlines() if _tells(line)]
    if not lines:
        return ""
    line = LOG_PREFIX.sub("", " ".join(lines[0].split())).partition("): {")[0]
    line = re.sub(r"^error initializing configuration '[^']*':\s*", "", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _tells(line: str) -> bool:
    return "error initializing" in line or "[critical]" in line or "[error]" in line or "rejected" in line
