"""The one error tree of Protomesh.

    MeshError
    ├── InvalidArgument 3     the request is wrong, whatever the state of the system
    ├── DeadlineExceeded 4
    ├── NotFound 5
    │   └── Gone              410: it was there, and will not come back
    ├── AlreadyExists 6
    ├── PermissionDenied 7    known caller, may not
    ├── ResourceExhausted 8   a limit was reached; try later
    ├── FailedPrecondition 9  the state of the system forbids it
    │   └── Teapot            418, the mission's own
    ├── Aborted 10            lost a race; read again and retry
    │   └── EtagMismatch      412: what was to be changed is no longer what the caller had read
    ├── Unimplemented 12
    ├── Internal 13           our fault; the wire never learns more than "internal error"
    │   └── CallInsideTransaction   a stub was called while the transaction holds writes
    ├── Unavailable 14        a part is away; retry
    └── Unauthenticated 16    no or bad credentials
        └── InvalidToken      a token that does not count; `reason` is for programs
    ConfigError               a file or setting is wrong: says what, where and what to do

Codes are those of google.rpc.Code. `protomesh.rpc` alone turns them into a wire status.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that broke a rule: `field` in the form `lines[0].quantity`, `rule` the rule's id."""

    field: str
    rule: str
    message: str


class MeshError(Exception):
    """What a handler, function or room raises to answer with a status other than OK."""

    code: ClassVar[int] = 2
    retryable: ClassVar[bool] = False
    http_status: ClassVar[int | None] = None
    """Set only where HTTP has a status that the fixed gRPC mapping cannot reach."""

    def __init__(
        self, message: str, *, violations: tuple[Violation, ...] = (), retry_after: float = 0.0
    ) -> None:
        super().__init__(message)
        self.message = message
        self.violations = violations
        self.retry_after = retry_after
        """Seconds after which it may go well; 0: nobody knows."""


class InvalidArgument(MeshError):
    code = 3


class DeadlineExceeded(MeshError):
    code = 4
    retryable = True


class NotFound(MeshError):
    code = 5


class Gone(NotFound):
    http_status = 410


class AlreadyExists(MeshError):
    code = 6


class PermissionDenied(MeshError):
    code = 7


class ResourceExhausted(MeshError):
    code = 8
    retryable = True


class FailedPrecondition(MeshError):
    code = 9


class Aborted(MeshError):
    code = 10
    retryable = True


class EtagMismatch(Aborted):
    """The same call would fail again: the caller has to read first."""

    retryable = False
    http_status = 412


class Unimplemented(MeshError):
    code = 12


class Internal(MeshError):
    code = 13


class CallInsideTransaction(Internal):
    """Call first, then write: a remote call must never be waited for while rows are locked."""


class Unavailable(MeshError):
    code = 14
    retryable = True


class Unauthenticated(MeshError):
    code = 16


class InvalidToken(Unauthenticated):
    """`reason` is `invalid_token` or `expired`; the message never shows the token."""

    def __init__(self, message: str, *, reason: str = "invalid_token") -> None:
        super().__init__(message)
        self.reason = reason


class Teapot(FailedPrecondition):
    http_status = 418


class ConfigError(Exception):
    """A file, flag or variable is wrong.

    `where` names the place (file, JSON path or setting), `fix` says what to do.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(": ".join(part for part in (where, what) if part) + (f" ({fix})" if fix else ""))
        self.what = what
        self.where = where
        self.fix = fix
