"""Whom a certificate names. SPIFFE-ID, section 2: `spiffe://<trust domain>/<path>`; ours is the mesh."""

from collections.abc import Collection

GATEWAY, FUNCTIONS, COMMAND = "gateway", "functions", "protomesh"

RESERVED = frozenset({GATEWAY, FUNCTIONS, COMMAND})
"""Components that are no service: what they pass on speaks for others."""


def spiffe(mesh: str, name: str) -> str:
    """The SPIFFE ID of a component, the URI in its certificate."""
    return f"spiffe://{mesh}/{name}"


def component(mesh: str, known: Collection[str], uris: Collection[str], names: Collection[str]) -> str:
    """The component that a certificate with these URIs and DNS names belongs to; empty for none.

    A URI counts before any DNS name: a certificate of another trust domain is nobody here, whatever else it
    says. Without a URI exactly one DNS name must be a component's: one that names two names nobody.
    """
    if uris:
        found = {name for name in known if spiffe(mesh, name) in uris} if len(uris) == 1 else set()
    else:
        found = set(known) & set(names)
    return found.pop() if len(found) == 1 else ""
