"""`python -m protomesh.app.functions`: one process that runs all functions of the project."""

from protomesh.app.keys import ServiceToken, signer
from protomesh.app.policies import load_events_policy
from protomesh.app.process import Process, ready, run
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.functions import Runtime, discover
from protomesh.rpc import MeshClients

GRACE_SECONDS = 10.0


def main(process: Process) -> None:
    """Run the functions until the process is told to stop."""
    sign = signer(process.state_dir, process.clock, process.environment)
    opened: list[MeshClients] = []

    def clients(function: str) -> MeshClients:
        """Each function calls with its own identity, `service:<function>`."""
        token = ServiceToken(function, process.manifest.mesh.name, sign, process.clock)
        opened.append(MeshClients(process.contract, process.addresses(), token, allowed=process.allowed()))
        return opened[-1]

    runtime = Runtime(
        discover(process.project / process.manifest.functions.folder),
        KafkaPython(process.bootstrap, Tuning(client_id="functions")),
        process.contract,
        clients,
        topics=load_events_policy(process).topics,
        state_dir=process.state_dir / "functions",
        clock=process.clock,
        log=process.log,
    )
    runtime.start()
    ready()
    process.stopping.wait()
    runtime.stop(GRACE_SECONDS)
    for each in opened:
        each.close()


if __name__ == "__main__":
    run("functions", main)
