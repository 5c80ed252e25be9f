"""An event rule compiled for one method and stage, and the event that it makes of a call."""

from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from protomesh.errors import Internal
from protomesh.policy.scope import Scope


@dataclass(frozen=True, slots=True)
class Emission:
    """An event to be: topic, CloudEvents type, Kafka key, CloudEvents subject and its data.

    `data` may be the call's own request or response: serialize it before you change that.
    """

    topic: str
    type: str
    key: str
    subject: str
    data: Message


@dataclass(frozen=True, slots=True)
class CompiledEmit:
    """`path` is the rule's place in the file, `data_type` the full name of the message that it emits."""

    path: str
    topic: str
    type: str
    data_type: str
    when: Callable[[Scope], bool] | None
    key: Callable[[Scope], str]
    subject: Callable[[Scope], str]
    data: Callable[[Scope], Message]

    def evaluate(self, scope: Scope) -> Emission | None:
        """The event of this call, None where `when` says that there is none.

        Raises Internal where an expression fails: a call whose event cannot be told must not go through.
        """
        try:
            if self.when is not None and not self.when(scope):
                return None
            return Emission(self.topic, self.type, self.key(scope), self.subject(scope), self.data(scope))
        except Exception as error:
            raise Internal(f"events policy, {self.path}: {error}") from error
