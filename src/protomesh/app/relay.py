"""`python -m protomesh.app.relay`: one process for the outboxes of all services."""

from prometheus_client import CollectorRegistry

from protomesh.app.policies import load_events_policy
from protomesh.app.process import Process, ready, run
from protomesh.app.topics import TopicKeeper
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.observe import RelayMetrics
from protomesh.relay import Relay, Source
from protomesh.store import SqlDatabase, bell_path, open_engine

CONNECTIONS = 2


def main(process: Process) -> None:
    """Relay until the process is told to stop."""
    """Relay until told to stop."""
    broker = KafkaPython(process.bootstrap, Tuning(client_id="relay", linger_ms=0, batch_size=262_144))
    keeper = TopicKeeper(broker, load_events_policy(process), process.clock, process.log)
    metrics = RelayMetrics(CollectorRegistry())
    sources = [_source(process, name) for name in process.manifest.services]
    relay = Relay(sources, broker.producer(), process.clock, metrics, process.log)
    keeper.start(process.stopping)
    relay.start()
    ready()
    process.stopping.wait()
    relay.stop()


def _source(process: Process, name: str) -> Source:
    engine = open_engine(process.database_url(name), connections=CONNECTIONS)
    lock = process.state_dir / "run" / f"{name}.relay.lock"
    return Source(name, SqlDatabase(engine, process.clock), bell_path(process.state_dir, name), lock)


if __name__ == "__main__":
    run("relay", main)
