"""The record that is injected instead of globals, and the ports that it holds."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from protomesh.clock import Clock
from protomesh.settings import IdentitySettings

Roles = Callable[[str], frozenset[str]]
Names = Callable[[str], bool]
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class UnitOfWork(Protocol):
    """One transaction: rows and events, committed together or not at all."""

    @property
    def tx(self) -> Any:
        """The SQLAlchemy connection inside the transaction."""
        ...

    def emit(self, topic: str, message: Any, *, type: str, key: str = "", subject: str = "") -> None:  # noqa: A002 - CloudEvents' own name
        """Buffer an event; it is inserted as the last statement before COMMIT."""
        ...


class Database(Protocol):
    """A process's own database."""

    def unit_of_work(self, *, read_only: bool = False) -> AbstractContextManager[UnitOfWork]: ...


class Clients(Protocol):
    """Typed clients of other services."""

    def stub(self, stub: type[S]) -> S:
        """A generated stub class, such as UsersStub, connected to wherever that service is.

        Calls made with it carry the deadline, the end user and the trace of the call being handled, and this
        process's own service identity.
        """
        ...


def no_roles(_subject: str) -> frozenset[str]:
    """Where nobody has been granted anything."""
    return frozenset()


def names_nobody(_subject: str) -> bool:
    """Where no policy speaks of any user by id."""
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """Passed to every service: `def __init__(self, context: Context)`."""

    name: str
    """`users`, and in tokens `service:users`."""
    environment: str
    clock: Clock
    clients: Clients
    database: Database
    state_dir: Path
    log: logging.Logger
    stopping: threading.Event
    """Set when the process drains: watches and loops end."""
    mesh: str = "mesh"
    """The mesh's name: the audience of its tokens."""
    project: Path = Path()
    """The folder of mesh.toml."""
    public: str = "http://localhost:8080"
    """Where clients find the mesh: the issuer of its tokens."""
    roles: Roles = no_roles
    """What the security policy grants to a user, as it is in force now."""
    names: Names = names_nobody
    """Whether that policy speaks of a user by id, in a grant or a rule."""
    identity: IdentitySettings = field(default_factory=IdentitySettings)

    def stub(self, stub: type[S]) -> S:
        """Shorthand for `clients.stub`."""
        return self.clients.stub(stub)
