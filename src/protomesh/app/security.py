"""The security policy of a process: read at the start, and again whenever its file changes."""

from collections.abc import Callable

from protomesh.app.policies import load_security_policy
from protomesh.app.process import Process
from protomesh.app.trust import Trust
from protomesh.app.watch import Watch
from protomesh.errors import ConfigError
from protomesh.policy import EventsPolicy, SecurityPolicy

Take = Callable[[SecurityPolicy], None]


class Security:
    """`policy` is the one in force, which `trust` has adopted.

    Raises ConfigError where the policy is wrong, or keys that it names.
    """

    def __init__(self, process: Process, trust: Trust, events: EventsPolicy) -> None:
        self._trust = trust
        self._process = process
        self._take: tuple[Take, ...] = ()
        path = process.project / "policies" / "security.json"
        self._watch = Watch([path], self._reload, process.stopping)
        self.policy = load_security_policy(process, events)
        trust.adopt(self.policy)

    def roles_of(self, subject: str) -> frozenset[str]:
        """What the policy in force grants to a user."""
        return self.policy.roles_of(subject)

    def names(self, subject: str) -> bool:
        """Whether the policy in force speaks of a user by id."""
        return self.policy.names(subject)

    def follow(self, *take: Take) -> None:
        """Hand every changed policy to each `take`, until the process stops.

        One that is wrong changes nothing: the last good one stays, and the log and `protomesh ps` tell of it.
        """
        self._take = take
        self._watch.start()

    def _reload(self) -> None:
        process = self._process
        try:
            policy = load_security_policy(process)
            self._trust.adopt(policy)
        except ConfigError as error:
            process.log.error("the last good security policy stays: %s", error)  # noqa: TRY400 - the line says it all
            process.notes.tell("security policy", f"the last good policy stays: {error}")
            return
        self.policy = policy
        for take in self._take:
            take(policy)
        process.log.info("the changed security policy is in force")
        process.notes.tell("security policy", "")
