"""Who sent a request."""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Peer:
    """One client connection; compared by identity. `client` is the name that the client gives itself."""

    host: str
    client: str = ""
