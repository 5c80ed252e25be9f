"""What must stand before the first process starts: generated code, keys, the gateway's files, free ports."""

from collections.abc import Callable, Collection

from protomesh.app import keys
from protomesh.app.generate import generate, stale
from protomesh.app.supervisor import gateway_files, secure
from protomesh.app.supervisor import ports as listening
from protomesh.app.supervisor.component import Plan
from protomesh.app.supervisor.contract import load_contract
from protomesh.app.supervisor.offsets import offsets
from protomesh.app.supervisor.paths import Paths
from protomesh.app.supervisor.plan import Facts, plan
from protomesh.contract import Contract
from protomesh.settings import Manifest, Ports, load_manifest, load_process


def prepare(paths: Paths, base: int | None, without: Collection[str], say: Callable[[str], None]) -> Plan:
    """Write what is missing and return the plan. `base` None: the manifest's port; 0: a free block.

    Raises ConfigError.
    """
    manifest = load_manifest(paths.manifest)
    if stale(paths.project, manifest):
        say(f"the contract changed: writing {manifest.contract.generated}/ anew")
        generate(paths.project, manifest)
    for folder in ("logs", "run"):
        (paths.state / folder).mkdir(parents=True, exist_ok=True)
    if manifest.mesh.environment == "development":
        keys.ensure(paths.state, (*manifest.services, *_functions(paths, manifest)))
    settings = load_process()
    certificates = secure.prepare(manifest, settings, paths, say)
    ca = str(certificates.ca) if certificates and manifest.tls.gateway else ""
    ports = Ports(manifest, _base(manifest, base))
    contract = load_contract(paths, manifest)
    envoy = gateway_files.render(contract, manifest, settings, ports, paths)
    facts = Facts(envoy, functions=bool(_functions(paths, manifest)), ca=ca)
    components = plan(manifest, ports, paths, facts, without)
    listening.check(components)
    return Plan(str(paths.project), ports.base, components, _hello(contract, manifest, ports, ca))


def _base(manifest: Manifest, base: int | None) -> int:
    if base is None:
        base = manifest.gateway.port
    return base or listening.free_base(offsets(manifest), manifest.gateway.host)


def _functions(paths: Paths, manifest: Manifest) -> list[str]:
    """Their folders, which mostly have their names; the functions' process makes the keys of others."""
    return [main.parent.name for main in (paths.project / manifest.functions.folder).glob("*/main.py")]


def _hello(contract: Contract, manifest: Manifest, ports: Ports, ca: str) -> str:
    """A request that needs nothing filled in: the shortest read without a variable in its path."""
    plain = (
        http.template
        for method in contract.methods.values()
        for http in method.bindings
        if http.verb == "GET" and not http.variables
    )
    way = f"--cacert {ca} https" if ca else "http"
    return f"curl -i {way}://{manifest.gateway.host}:{ports.gateway}{min(plain, key=len, default='/healthz')}"
