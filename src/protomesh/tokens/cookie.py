"""The cookie that holds a browser's token."""

COOKIE = "protomesh_token"


def token_of_cookie(header: str, name: str = COOKIE) -> str:
    """The value of one cookie in a `Cookie` header (RFC 6265, 5.4), "" for none.

    Two cookies of the name are none: one of them was set by another, for a wider domain or a longer path.
    """
    if name not in header:
        return ""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    found = [value for each, _, value in pairs if each == name]
    return found[0].strip('"') if len(found) == 1 else ""
