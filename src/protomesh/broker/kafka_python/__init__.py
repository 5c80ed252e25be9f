"""The port over kafka-python, the client that installs anywhere."""

from protomesh.broker.kafka_python.broker import KafkaPython
from protomesh.broker.kafka_python.tuning import Tuning

__all__ = ["KafkaPython", "Tuning"]
