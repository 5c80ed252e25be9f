"""The `Link` header (RFC 8288, 3): `</api/users/ann>;rel=self, </api/users/ann>;rel=delete;method=DELETE`."""

from collections.abc import Iterable

from protomesh.rpc.links.offers import Offer

LONGEST = 2048
"""Characters. What does not fit is left out, last links first: answers have to pass proxies and clients."""


def header(offers: Iterable[Offer]) -> tuple[tuple[str, str], ...]:
    """One header with all links that fit, none for none. `method` is a target attribute of ours."""
    values: list[str] = []
    length = 0
    for each in offers:
        method = "" if each.verb == "GET" else f";method={each.verb}"
        value = f"<{each.href}>;rel={each.rel}{method}"
        length += len(value) + 2
        if length > LONGEST + 2:
            break
        values.append(value)
    return (("link", ", ".join(values)),) if values else ()
