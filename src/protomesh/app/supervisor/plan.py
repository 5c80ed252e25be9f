"""Which processes a manifest means: a pure function."""

import difflib
import shlex
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from protomesh.app.supervisor.component import Component, ReadyRule
from protomesh.app.supervisor.leftovers import MARK
from protomesh.app.supervisor.paths import Paths
from protomesh.errors import ConfigError
from protomesh.settings import Manifest, Ports

HOST = "127.0.0.1"
GATEWAY, SERVICES, FUNCTIONS, RELAY, BROKER = range(5)
"""The phases of stopping: nobody new comes in, calls end, their events leave, and the log goes last."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan depends on besides the manifest: Envoy's command line, and whether there are functions."""

    envoy: tuple[str, ...]
    functions: bool
    python: str = sys.executable
    ca: str = ""
    """Who signed the gateway's certificate, a path; empty where clients come in over plain HTTP."""


def plan(
    manifest: Manifest, ports: Ports, paths: Paths, facts: Facts, without: Collection[str] = ()
) -> tuple[Component, ...]:
    """Every component, except those named (`users` means all its replicas). Raises ConfigError."""
    # A gateway that waits for a service which is left to somebody else would never be ready.
    found = tuple(_all(manifest, ports, paths, facts, "/healthz" if without else "/readyz"))
    known = {each.name for each in found} | {each.name.partition(".")[0] for each in found}
    for name in without:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(known))}"
            raise ConfigError(f"no component named '{name}'", where="--without", fix=hint)
    return tuple(each for each in found if not {each.name, each.name.partition(".")[0]} & set(without))


def _all(
    manifest: Manifest, ports: Ports, paths: Paths, facts: Facts, gateway_ready: str
) -> Iterator[Component]:
    if not manifest.broker.bootstrap:
        yield _broker(manifest, ports, paths, facts)
    for name in manifest.services:
        yield from _service(name, manifest, ports, paths, facts)
    yield _part("relay", RELAY, ports, paths, facts)
    if facts.functions:
        yield _part("functions", FUNCTIONS, ports, paths, facts)
    yield Component(
        name="gateway",
        command=facts.envoy,
        env=_env(manifest, ports, paths),
        address=f"{manifest.gateway.host}:{ports.gateway}",
        ready=ReadyRule(http=gateway_ready, ca=facts.ca),
        stop_phase=GATEWAY,
        admin=str(paths.admin or ""),
    )


def _broker(manifest: Manifest, ports: Ports, paths: Paths, facts: Facts) -> Component:
    command = (
        *(facts.python, "-m", "protomesh.broker.embedded", "--data", str(paths.state / "broker")),
        *("--port", str(ports.broker), "--partitions", "1", "--grace", "0.5"),
        *(("--fsync",) if manifest.broker.fsync else ()),
    )
    address = f"{HOST}:{ports.broker}"
    return Component("broker", command, _env(manifest, ports, paths), address, stop_phase=BROKER)


def _service(name: str, manifest: Manifest, ports: Ports, paths: Paths, facts: Facts) -> Iterator[Component]:
    settings = manifest.services[name]
    module = f"services.{name.replace('-', '_')}.main"
    command = tuple(shlex.split(settings.command)) or (facts.python, "-m", module)
    for replica, port in enumerate(ports.service(name), start=1):
        own = {"PROTOMESH_PORT": str(port), "PROTOMESH_REPLICA": str(replica)}
        yield Component(
            name=name if replica == 1 else f"{name}.{replica}",
            command=command,
            env=_env(manifest, ports, paths) | own,
            address=f"{HOST}:{port}",
            stop_phase=SERVICES,
        )


def _part(name: str, phase: int, ports: Ports, paths: Paths, facts: Facts) -> Component:
    command = (facts.python, "-m", f"protomesh.app.{name}")
    return Component(name, command, _env(ports.manifest, ports, paths), stop_phase=phase)


def _env(manifest: Manifest, ports: Ports, paths: Paths) -> dict[str, str]:
    generated = paths.project / manifest.contract.generated / "python"
    return {
        MARK: str(paths.state),
        "PROTOMESH_MANIFEST": str(paths.manifest),
        "PROTOMESH_PORT_BASE": str(ports.base),
        "PYTHONPATH": f"{paths.project}:{generated}",
        "PYTHONUNBUFFERED": "1",
    }
