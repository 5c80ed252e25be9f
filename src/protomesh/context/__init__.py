"""`Context`: what one process is made of, built once in the composition root and passed to every service and function."""

from protomesh.context.context import Clients, Context, Database, UnitOfWork

__all__ = ["Clients", "Context", "Database", "UnitOfWork"]
