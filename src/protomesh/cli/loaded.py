"""Manifest, contract and policies of the project, for the commands that read them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from protomesh.app.supervisor import record
from protomesh.app.supervisor.contract import load_contract
from protomesh.app.supervisor.paths import Paths
from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.policy import EventsPolicy, SecurityPolicy, load_events, load_security
from protomesh.settings import Manifest, Ports, ProcessSettings, load_manifest

SECURITY = Path("policies/security.json")
EVENTS = Path("policies/events.json")


@dataclass
class Loaded:
    """Each part is read when it is first asked for, and raises ConfigError where it is wrong."""

    paths: Paths

    @cached_property
    def manifest(self) -> Manifest:
        """mesh.toml."""
        return load_manifest(self.paths.manifest)

    @cached_property
    def contract(self) -> Contract:
        """What stands in gen/."""
        return load_contract(self.paths, self.manifest)

    @cached_property
    def events(self) -> EventsPolicy:
        """policies/events.json."""
        return load_events(self.paths.project / EVENTS, self.contract)

    @cached_property
    def security(self) -> SecurityPolicy:
        """policies/security.json."""
        types = self.events.types if (self.paths.project / EVENTS).exists() else {}
        return load_security(self.paths.project / SECURITY, self.contract, event_types=types)

    @property
    def environment(self) -> str:
        """`development` or `production`."""
        return ProcessSettings().environment or self.manifest.mesh.environment

    @property
    def bootstrap(self) -> str:
        """Where Kafka is: told by the environment or the manifest, else the running mesh's own broker."""
        told = ProcessSettings().bootstrap or self.manifest.broker.bootstrap
        if told:
            return told
        last = record.read(self.paths.state)
        if last is None or not last.watched:
            raise ConfigError(
                "no mesh runs here", where=str(self.paths.state), fix="protomesh up -d starts one"
            )
        return f"127.0.0.1:{Ports(self.manifest, last.base).broker}"
