"""`Context`: what one process is made of, built once in the composition root and injected everywhere."""

from protomesh.context.context import (
    Clients,
    Context,
    Database,
    Names,
    Roles,
    UnitOfWork,
    names_nobody,
    no_roles,
)
from protomesh.context.origin import CURRENT, Origin

__all__ = [
    "CURRENT",
    "Clients",
    "Context",
    "Database",
    "Names",
    "Origin",
    "Roles",
    "UnitOfWork",
    "names_nobody",
    "no_roles",
]
