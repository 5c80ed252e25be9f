"""Whether an operation makes sense for a resource as it is now: `(mesh.link.v1.available)`."""

from google.protobuf.message import Message

from protomesh.errors import ConfigError
from protomesh.policy.cel import Environment, EvaluationError
from protomesh.policy.records import Caller
from protomesh.policy.scope import Scope

NOBODY = Caller()


class Availability:
    """A compiled condition over `resource`, a message of type `message`. Thread safe.

    Raises ConfigError where the expression is wrong for that message or no condition.
    """

    __slots__ = ("_when",)

    def __init__(self, source: str, message: str) -> None:
        self._when = Environment({"resource": message}).compile(source)
        if self._when.type != "BOOL":
            raise ConfigError(
                f"the expression is of type {self._when.type}", fix="a condition is of type BOOL"
            )

    def __call__(self, resource: Message) -> bool:
        """Nothing but true is True; False where the evaluation fails."""
        try:
            return self._when.test(_ResourceScope(resource))
        except EvaluationError:
            return False


class _ResourceScope(Scope):
    """A scope with the one variable `resource`."""

    __slots__ = ("resource",)

    def __init__(self, resource: Message) -> None:
        super().__init__(NOBODY)
        self.resource = resource
