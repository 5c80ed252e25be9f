"""A Kafka-protocol broker for a bare machine: development and tests. Production means Apache Kafka.

`python -m protomesh.broker.embedded --data DIR` runs it as a process of its own.
"""

from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.server import EmbeddedBroker
from protomesh.broker.embedded.thread import BrokerThread

__all__ = ["BrokerThread", "EmbeddedBroker", "Options"]
