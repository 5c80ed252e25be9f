"""What must stand before the first process starts: generated code, keys, the gateway's files, free ports."""

from collections.abc import Callable, Collection

from protomesh.app.generate import generate, stale
from protomesh.app.supervisor import ports as listening
from protomesh.app.supervisor.component import Plan
from protomesh.app.supervisor.offsets import offsets
from protomesh.app.supervisor.paths import Paths
from protomesh.app.supervisor.plan import Facts, plan
from protomesh.settings import Manifest, Ports, load_manifest


def prepare(paths: Paths, base: int | None, without: Collection[str], say: Callable[[str], None]) -> Plan:
    """Write what is missing and return the plan. `base` None: the manifest's port; 0: a free block.

    Raises ConfigError.
    """
    manifest = load_manifest(paths.manifest)
    if stale(paths.project, manifest):
        say(f"the contract changed: writing {manifest.contract.generated}/ anew")
        generate(paths.project, manifest)
    ports = Ports(manifest, _base(manifest, base))
    facts = Facts(envoy=("false",), functions=_any_function(paths, manifest))
    components = plan(manifest, ports, paths, facts, without)
    listening.check(components)
    hello = f"curl http://{manifest.gateway.host}:{ports.gateway}/healthz"
    return Plan(str(paths.project), ports.base, components, hello)


def _base(manifest: Manifest, base: int | None) -> int:
    if base is None:
        base = manifest.gateway.port
    return base or listening.free_base(offsets(manifest), manifest.gateway.host)


def _any_function(paths: Paths, manifest: Manifest) -> bool:
    return any((paths.project / manifest.functions.folder).glob("*/main.py"))
