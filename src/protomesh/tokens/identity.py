"""Who a verified token speaks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SERVICE = "service:"
"""How the `sub` of a service's token begins."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The end user or the service that a token names; all fields empty for a visitor.

    Exactly one of `subject` and `service` is set by a token. `expires` is in seconds since the epoch.
    """

    subject: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    issuer: str = ""
    claims: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False)
    expires: float = 0.0
    service: str = ""

    def called_by(self, service: "Identity") -> "Identity":
        """The same end user, with the service that calls in the user's name."""
        return replace(self, service=service.service)
