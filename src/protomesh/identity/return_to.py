"""Where a browser goes after the login: a path on this site, or the front page."""

import re
from urllib.parse import unquote

FRONT = "/"
LONGEST = 2_000
PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*\Z")
"""RFC 3986: what a path with a query consists of. No backslash, which browsers read as a slash, no spaces."""


def safe_return(wanted: str) -> str:
    """The path wished for if it surely stays on this site, else `/`."""
    if len(wanted) > LONGEST or not PLAIN.match(wanted):
        return FRONT
    path, decoded = wanted.partition("?")[0], wanted
    for _ in range(3):
        path, decoded = unquote(path), unquote(decoded)
        if not _on_this_site(path) or not decoded.isprintable():
            return FRONT
    return wanted


def _on_this_site(path: str) -> bool:
    return path.startswith("/") and "//" not in path and "\\" not in path and "/.." not in path
