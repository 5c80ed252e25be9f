"""What every Python process of a mesh begins with: settings, manifest, contract, log, signals."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from protomesh.app.notes import Notes
from protomesh.app.signals import stop_on_signal
from protomesh.clock import Clock, SystemClock
from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.gateway.placement import placement
from protomesh.observe import LogSink, configure
from protomesh.settings import Manifest, Ports, ProcessSettings, load_manifest, load_process


@dataclass(frozen=True, slots=True)
class Process:
    """The common ground of a process; `project` is the folder of mesh.toml."""

    name: str
    settings: ProcessSettings
    manifest: Manifest
    contract: Contract
    clock: Clock
    sink: LogSink
    log: logging.Logger
    stopping: threading.Event
    notes: Notes

    @property
    def project(self) -> Path:
        """The folder of mesh.toml."""
        return self.settings.manifest.absolute().parent

    @property
    def state_dir(self) -> Path:
        """Where databases, sockets and keys of this mesh are."""
        return self.settings.state_dir.absolute()

    @property
    def environment(self) -> str:
        """`development` or `production`: told, or in the manifest."""
        return self.settings.environment or self.manifest.mesh.environment

    @property
    def develops(self) -> bool:
        """Whether this is development, where keys that `protomesh up` made count."""
        return self.environment == "development"

    @property
    def policies(self) -> Path:
        """The folder of what operators edit."""
        return self.project / "policies"

    @property
    def ports(self) -> Ports:
        """The ports' rule, at the base that this process was told."""
        return Ports(self.manifest, self.settings.port_base or self.manifest.gateway.port)

    @property
    def public(self) -> str:
        """Where clients find the mesh; by default this machine's gateway."""
        scheme = "https" if self.manifest.tls.gateway else "http"
        return self.manifest.gateway.public or f"{scheme}://localhost:{self.ports.gateway}"

    @property
    def bootstrap(self) -> str:
        """Kafka's address: told, or in the manifest, or the embedded broker's."""
        embedded = f"{self.settings.host}:{self.ports.broker}"
        return self.settings.bootstrap or self.manifest.broker.bootstrap or embedded

    def database_url(self, name: str) -> str:
        """A service's database: told, or in the manifest, or an SQLite file in the state directory."""
        settings = self.manifest.services.get(name)
        told = self.settings.databases.get(name) or (settings.database if settings else "")
        if told:
            return told
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.state_dir / "data").mkdir(exist_ok=True, mode=0o700)
        return f"sqlite:///{self.state_dir}/data/{name}.db"

    def addresses(self) -> Mapping[str, str]:
        """The gRPC targets of all contract services: told by the deployment, or by the ports' rule."""
        targets = {}
        for service, name in placement(self.contract, self.manifest).items():
            ports = self.ports.service(name)
            local = "ipv4:" + ",".join(f"{self.settings.host}:{port}" for port in ports)
            targets[service] = self.settings.addresses.get(name, local)
        return targets

    def allowed(self) -> frozenset[str]:
        """The contract services that this process may call (mesh.toml, [flows])."""
        callees = self.manifest.flows.get(self.name, ())
        return frozenset(
            service for service, name in placement(self.contract, self.manifest).items() if name in callees
        )


def run(name: str, main: Callable[[Process], None]) -> None:
    """Run a process until it is told to stop. A wrong setting ends it with one line and status 2."""
    try:
        process = _begin(name)
    except ConfigError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 - the log is not there yet
        raise SystemExit(2) from None
    stop_on_signal(process.stopping)
    try:
        main(process)
    except ConfigError as error:
        process.log.error("%s", error)  # noqa: TRY400 - the line says it all, a traceback would hide it
        raise SystemExit(2) from None
    finally:
        process.sink.close()


def ready(address: str = "-") -> None:
    """Tell whoever started this process that it works; `-` for one that nobody connects to.

    What was made until now lives as long as the process: the garbage collector need not look at it again.
    """
    gc.collect()
    gc.freeze()
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


def _begin(name: str) -> Process:
    settings = load_process()
    manifest = load_manifest(settings.manifest)
    project = settings.manifest.absolute().parent
    contract = Contract.load(
        project / manifest.contract.generated / "descriptors.binpb", manifest.contract.python
    )
    sink = configure(name, settings.log_level)
    log = logging.getLogger(name)
    log.info("starting, process %d", os.getpid())
    return Process(
        name,
        settings,
        manifest,
        contract,
        SystemClock(),
        sink,
        log,
        threading.Event(),
        Notes(settings.note_file),
    )
