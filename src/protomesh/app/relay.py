"""`python -m protomesh.app.relay`: one process for the outboxes of all services."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from protomesh.app.policies import load_declared_topics
from protomesh.app.process import Process, ready, run
from protomesh.app.topics import TopicKeeper
from protomesh.broker.kafka_python import KafkaPython, Tuning
from protomesh.errors import ConfigError
from protomesh.observe import RelayMetrics, serve_metrics
from protomesh.relay import Relay, Source
from protomesh.store import SqlDatabase, bell_path, open_engine

CONNECTIONS = 2


def main(process: Process) -> None:
    """Relay until the process is told to stop."""
    broker = KafkaPython(process.bootstrap, Tuning(client_id="relay", linger_ms=0, batch_size=262_144))
    keeper = TopicKeeper(broker, load_declared_topics(process), process.clock, process.log)
    registry = CollectorRegistry()
    metrics = RelayMetrics(registry)
    if process.settings.metrics_port >= 0:
        serve_metrics(registry, process.settings.metrics_port, process.settings.host)
    urls = {name: process.database_url(name) for name in process.manifest.services}
    refuse_shared(urls)
    sources = [_source(process, name, url) for name, url in urls.items()]
    relay = Relay(sources, broker.producer(), process.clock, metrics, process.log)
    keeper.start(process.stopping)
    relay.start()
    ready()
    process.stopping.wait()
    relay.stop()


def refuse_shared(urls: Mapping[str, str]) -> None:
    """Raise ConfigError for a database that two services share: its events would be published twice."""
    names: dict[str, str] = {}
    for name, url in urls.items():
        twin = names.setdefault(url, name)
        if twin != name:
            raise ConfigError(
                f"{twin} and {name} share one database",
                where="services",
                fix="give each a database of its own",
            )


def _source(process: Process, name: str, url: str) -> Source:
    engine = open_engine(url, connections=CONNECTIONS)
    lock = process.state_dir / "run" / f"{name}.relay.lock"
    return Source(name, SqlDatabase(engine, process.clock), bell_path(process.state_dir, name), lock)


if __name__ == "__main__":
    run("relay", main)
