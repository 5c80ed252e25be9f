"""`python -m protomesh.app.functions`: one process that runs all functions of the project."""

from collections.abc import Callable

from protomesh.app.grace import DRAIN_SECONDS
from protomesh.app.keys import ServiceToken, ensure_services, service_signer
from protomesh.app.policies import load_declared_topics
from protomesh.app.process import Process, ready, run
from protomesh.app.transport import certificate, for_clients
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.functions import HealthLog, Runtime, discover
from protomesh.rpc import MeshClients

CLOSE_SECONDS = 0.5
"""For leaving a group, and for dead letters on their way: who gets their events next decides anew."""
LOOK_SECONDS = 1.0
FIRST_LOOK_SECONDS = 0.02
"""While whoever started this process waits for it."""


def main(process: Process) -> None:
    """Run the functions until the process is told to stop."""
    functions = discover(process.project / process.manifest.functions.folder)
    names = [spec.name for spec in functions]
    if process.develops and not process.settings.keys_dir:
        ensure_services(process.state_dir, names)
    signers = {name: service_signer(process, name) for name in names}
    opened: list[MeshClients] = []
    tls = for_clients(process, certificate(process))

    def clients(function: str) -> MeshClients:
        """Each function calls with its own identity, `service:<function>`, and its own key."""
        token = ServiceToken(function, process.manifest.mesh.name, signers[function], process.clock)
        made = MeshClients(process.contract, process.addresses(), token, allowed=process.allowed(), tls=tls)
        opened.append(made)
        return opened[-1]

    runtime = Runtime(
        functions,
        KafkaPython(process.bootstrap, Tuning(client_id="functions", close_timeout=CLOSE_SECONDS)),
        process.contract,
        clients,
        topics=load_declared_topics(process),
        state_dir=process.state_dir / "functions",
        clock=process.clock,
        log=process.log,
    )
    runtime.start()
    follow(HealthLog(runtime.health, process.log, process.notes.tell), process, ready)
    runtime.stop(DRAIN_SECONDS)
    for each in opened:
        each.close()


def follow(health: HealthLog, process: Process, tell: Callable[[], None]) -> None:
    """Keep the log informed until the process is told to stop; `tell` once every function consumes.

    Without a broker that never happens: nobody is told that functions work which get no events.
    """
    told = False
    while not process.stopping.is_set():
        consuming = health.look()
        if consuming and not told:
            told = True
            tell()
        process.clock.sleep(LOOK_SECONDS if told else FIRST_LOOK_SECONDS, process.stopping)


if __name__ == "__main__":
    run("functions", main)
