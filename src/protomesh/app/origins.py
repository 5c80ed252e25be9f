"""Where the keys of a policy's issuers come from, made into objects that have them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from protomesh.app import keys
from protomesh.app.process import Process
from protomesh.errors import ConfigError
from protomesh.observe import KeyMetrics
from protomesh.policy import SecurityPolicy, TrustedIssuer, TrustedServices
from protomesh.tokens import (
    Address,
    Fetch,
    Issuer,
    KeyFile,
    Kind,
    RemoteKeys,
    ServiceKeys,
    StoredKeys,
    issuer_of,
    read_address,
)

Fetcher = Callable[[Address, str], Fetch]
"""How the keys at an address are asked for; the text is its place in the policy. Raises ConfigError."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Of one policy."""

    declared: tuple[tuple[TrustedIssuer, KeyFile | RemoteKeys], ...] = ()
    services: ServiceKeys | None = None

    def issuers(self, public: str) -> tuple[Issuer, ...]:
        """With the keys of this moment; `public` is the mesh's public address."""
        found = (
            issuer_of(issuer, origin.keys, public, origin.seek if isinstance(origin, RemoteKeys) else None)
            for issuer, origin in self.declared
        )
        return (*found, *(self.services.issuers if self.services else ()))

    def remote(self) -> tuple[RemoteKeys, ...]:
        """Those who must be asked."""
        return tuple(origin for _, origin in self.declared if isinstance(origin, RemoteKeys))

    def look(self) -> bool:
        """Read files that have changed; whether anything may be different now."""
        files = [origin for _, origin in self.declared if isinstance(origin, KeyFile)]
        found = [each.look() for each in (*files, self.services) if each is not None]
        return any(found)


class OriginsOf:
    """Makes them. A remote issuer that an earlier policy had already is taken over with its keys."""

    def __init__(
        self, process: Process, fetcher: Fetcher, metrics: KeyMetrics, changed: Callable[[], None]
    ) -> None:
        self._process, self._fetcher, self._metrics, self._changed = process, fetcher, metrics, changed
        self._remote: dict[tuple[str, Address], RemoteKeys] = {}

    def __call__(self, policy: SecurityPolicy) -> Origins:
        """Raises ConfigError where keys cannot be had that should be here."""
        declared = tuple((issuer, self._origin(issuer, address)) for issuer, address in self._here(policy))
        return Origins(declared, self._services(policy.services) if policy.services else None)

    def _here(self, policy: SecurityPolicy) -> Iterator[tuple[TrustedIssuer, Address]]:
        """One policy serves development and production: there, keys of development are passed over."""
        for issuer in policy.issuers:
            address = self._address(issuer.jwks, f"{issuer.path}.jwks")
            if address.kind is Kind.DEVELOPMENT and not self._process.develops:
                self._process.log.info("issuer '%s' counts in development only: passed over", issuer.issuer)
            else:
                yield issuer, address

    def _origin(self, issuer: TrustedIssuer, address: Address) -> KeyFile | RemoteKeys:
        where = self._place(f"{issuer.path}.jwks")
        if address.remote:
            return self._asked(issuer.issuer, address, where)
        process = self._process
        if address.kind is Kind.DEVELOPMENT:
            path, fix = process.state_dir / address.value, "protomesh up writes it"
        else:
            path, fix = process.policies / address.value, "the path is relative to the policy"
        return KeyFile(path, where=where, fix=fix, log=process.log)

    def _asked(self, issuer: str, address: Address, where: str) -> RemoteKeys:
        if (issuer, address) not in self._remote:
            process = self._process
            source = f"{address.kind.value}:{address.value}"
            self._remote[issuer, address] = RemoteKeys(
                issuer,
                self._fetcher(address, where),
                StoredKeys(process.state_dir / "jwks", issuer, source),
                process.clock,
                process.log,
                changed=self._changed,
                told=partial(self._metrics.told, issuer),
            )
        return self._remote[issuer, address]

    def _services(self, declared: TrustedServices) -> ServiceKeys:
        """In development, the keys that `protomesh up` made count beside those of the policy's folder."""
        process, where = self._process, self._place(f"{declared.path}.keys")
        address = self._address(declared.keys, f"{declared.path}.keys")
        if address.remote:
            raise ConfigError(f"'{declared.keys}' is no folder", where=where, fix="write services/")
        made = address.value if address.kind is Kind.DEVELOPMENT else keys.PUBLIC
        folders = [process.state_dir / made] if process.develops else []
        if address.kind is Kind.FILE:
            folders.insert(0, process.policies / address.value)
        if not process.develops and not any(folder.is_dir() for folder in folders):
            fix = "protomesh keys new NAME makes a pair for each service and function"
            raise ConfigError("there are no keys of services", where=f"{where}: {declared.keys}", fix=fix)
        return ServiceKeys(folders, declared.audiences, where=where, log=process.log)

    def _address(self, text: str, path: str) -> Address:
        return read_address(text, environment=self._process.environment, where=self._place(path))

    def _place(self, path: str) -> str:
        return f"{self._process.policies / 'security.json'}: {path}"
