"""The security policy: policies/security.json compiled against the contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from protomesh.contract import Contract, Method
from protomesh.errors import ConfigError
from protomesh.policy.document import place, read_document, shown
from protomesh.policy.event_access import EventAccess
from protomesh.policy.grants import named_subjects, read_grants
from protomesh.policy.method import MethodPolicy
from protomesh.policy.parse_rules import FOREIGN_METHODS, compile_methods, read_rules
from protomesh.policy.records import CallFacts, Decision, EventFacts, Explanation, Principal
from protomesh.policy.rules import CompiledRule, Rule
from protomesh_pb.mesh.policy.v1 import security_pb2


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """A signer of tokens as the policy names it; `path` is its place in the file, `issuers[0]`."""

    issuer: str
    audiences: tuple[str, ...]
    jwks: str
    services: bool
    roles: str
    path: str


@dataclass(frozen=True, slots=True)
class TrustedServices:
    """Where the public keys of services are: `keys` is a folder; `path` is its place in the file."""

    audiences: tuple[str, ...]
    keys: str
    path: str = "services"


class SecurityPolicy:
    """Who may call what. Immutable and thread safe: a changed file becomes a new one."""

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        login: str,
        rules: Iterable[Rule],
        methods: Mapping[str, tuple[CompiledRule, ...]],
        events: EventAccess,
        *,
        grants: Mapping[str, frozenset[str]],
        services: TrustedServices | None = None,
    ) -> None:
        self.issuers = tuple(issuers)
        self.services = services
        self.login = login
        self.rules = tuple(rules)
        self.methods: Mapping[str, MethodPolicy] = {
            name: MethodPolicy(name, compiled) for name, compiled in methods.items()
        }
        """Those that a rule names."""
        self._events = events
        self.grants = grants
        """Subjects by role, as the mesh's own identity service gives them."""
        self._named = frozenset(named_subjects(self.rules, methods.values())).union(*grants.values())

    def roles_of(self, subject: str) -> frozenset[str]:
        """The roles that the mesh's own identity service gives a user."""
        return frozenset(role for role, subjects in self.grants.items() if subject in subjects)

    def names(self, subject: str) -> bool:
        """Whether a grant or a rule speaks of this very user: whoever had the id would have what it gives."""
        return subject in self._named

    def compile_method(self, method: str) -> MethodPolicy:
        """The decision of one method, `shop.users.v1.Users/GetUser`; all are refused one without a rule."""
        return self.methods.get(method) or MethodPolicy(method, ())

    def decide(
        self, method: str, who: Principal, call: CallFacts, request: Message | None = None
    ) -> Decision:
        """Decide one call. Never raises."""
        return self.compile_method(method)(who, call, request)

    def explain(
        self, method: str, who: Principal, call: CallFacts, request: Message | None = None
    ) -> Explanation:
        """Decide one call, with what every rule said to it."""
        return self.compile_method(method).explain(who, call, request)

    def decide_event(self, who: Principal, event: EventFacts, data: Message | None = None) -> Decision:
        """Whether somebody may receive an event, by the rules `event TYPE`. Never raises."""
        return self._events.decide(who, event, data)


def load_security(
    source: Path | bytes,
    contract: Contract,
    *,
    where: str = "security.json",
    event_types: Mapping[str, str] | None = None,
    complete: bool = True,
) -> SecurityPolicy:
    """Parse, resolve, compile and type-check a security policy.

    `where` is what errors call a policy given as bytes; `event_types` gives the message of each event type,
    so that `data` is typed; without `complete`, methods may lack rules (and are refused to everybody).
    Raises ConfigError with file and JSON path.
    """
    try:
        return _load(source, contract, where, event_types or {}, complete=complete)
    except ConfigError as error:
        # The file may hold anything, and what is quoted of it goes to terminals and logs.
        raise ConfigError(shown(error.what), where=error.where, fix=error.fix) from None


def _load(
    source: Path | bytes, contract: Contract, where: str, event_types: Mapping[str, str], *, complete: bool
) -> SecurityPolicy:
    document, where = read_document(source, where, security_pb2.SecurityPolicy)
    rules = read_rules(document.rules, where)
    methods = compile_methods(contract, rules, where)
    if complete:
        _covered(contract.methods.values(), methods, where)
    return SecurityPolicy(
        _issuers(document.issuers, where),
        _login(document.login, where),
        rules,
        methods,
        EventAccess(contract, rules, event_types, where),
        grants=read_grants(document.grants, where),
        services=_services(document, where),
    )


def _covered(methods: Iterable[Method], rules: Mapping[str, object], where: str) -> None:
    """Raise ConfigError where a method has no rule: forgetting one must not look like refusing it."""
    bare = [m.full_name for m in methods if m.full_name not in rules and m.full_name not in FOREIGN_METHODS]
    if bare:
        fix = 'add a rule for each, with "allow": [] where nobody may call it'
        raise ConfigError(f"no rule for {', '.join(bare)}", where=where, fix=fix)


def _issuers(issuers: Iterable[security_pb2.Issuer], where: str) -> list[TrustedIssuer]:
    found: list[TrustedIssuer] = []
    for index, issuer in enumerate(issuers):
        path = f"issuers[{index}]"
        for field in ("issuer", "audiences", "jwks"):
            if not getattr(issuer, field):
                raise ConfigError(f"an issuer needs {field}", where=place(where, f"{path}.{field}"))
        if issuer.issuer.startswith("service:"):
            fix = "services sign with their own keys, which 'services' names"
            raise ConfigError(
                f"'{issuer.issuer}' is no issuer", where=place(where, f"{path}.issuer"), fix=fix
            )
        if any(issuer.issuer == other.issuer for other in found):
            raise ConfigError(f"'{issuer.issuer}' stands twice", where=place(where, path))
        audiences = tuple(issuer.audiences)
        found.append(
            TrustedIssuer(issuer.issuer, audiences, issuer.jwks, issuer.services, issuer.roles, path)
        )
    return found


def _services(document: security_pb2.SecurityPolicy, where: str) -> TrustedServices | None:
    if not document.HasField("services"):
        return None
    for field in ("audiences", "keys"):
        if not getattr(document.services, field):
            raise ConfigError(f"services need {field}", where=place(where, f"services.{field}"))
    return TrustedServices(tuple(document.services.audiences), document.services.keys)


def _login(login: str, where: str) -> str:
    if (
        login
        and not login.startswith("https://")
        and (not login.startswith("/") or login[1:2] in {"/", "\\"})
    ):
        fix = "write a path such as /login, or an https:// address"
        raise ConfigError(f"'{login}' is no place to log in", where=place(where, "login"), fix=fix)
    return login
